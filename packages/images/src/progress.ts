// SPDX-License-Identifier: Apache-2.0
import type { OciDescriptor } from '@containerd-ts/oci'
import { refKey } from '@containerd-ts/remotes'

/**
 * Where a thing stands. The words are those of the Transfer service's progress; `resolving`, `resolved` and
 * `saved` are about the reference and the image, the rest about one descriptor.
 */
export type ProgressEvent =
  | 'resolving'
  | 'resolved'
  | 'fetching image content'
  | 'pushing content'
  | 'waiting'
  | 'downloading'
  | 'uploading'
  | 'already exists'
  | 'complete'
  | 'extracting'
  | 'extracted'
  | 'saved'

export interface Progress {
  readonly event: ProgressEvent
  /** Reference key such as `layer-sha256:…`, or the image's name. */
  readonly name: string
  /** Names of the parents. */
  readonly parents: readonly string[]
  readonly offsetBytes: number
  readonly totalBytes: number
  readonly descriptor?: OciDescriptor | undefined
}

/** Called synchronously, often; must not throw. */
export type OnProgress = (progress: Progress) => void

/** Reports the states of descriptors, each with the parents it was found under. */
export class ProgressReporter {
  readonly #onProgress: OnProgress | undefined
  readonly #parents = new Map<string, Set<string>>()

  constructor(onProgress: OnProgress | undefined) {
    this.#onProgress = onProgress
  }

  /** A whole: a reference or an image. */
  whole(event: ProgressEvent, name: string, descriptor?: OciDescriptor): void {
    this.#onProgress?.({ event, name, parents: [], offsetBytes: 0, totalBytes: 0, descriptor })
  }

  children(parent: OciDescriptor, children: readonly OciDescriptor[]): void {
    if (this.#onProgress === undefined) return
    for (const child of children) {
      const parents = this.#parents.get(child.digest) ?? new Set()
      this.#parents.set(child.digest, parents.add(refKey(parent)))
      if (parents.size === 1) this.part('waiting', child, 0)
    }
  }

  part(event: ProgressEvent, descriptor: OciDescriptor, offsetBytes = descriptor.sizeBytes): void {
    this.#onProgress?.({
      event,
      name: refKey(descriptor),
      parents: [...(this.#parents.get(descriptor.digest) ?? [])],
      offsetBytes,
      totalBytes: descriptor.sizeBytes,
      descriptor,
    })
  }
}
