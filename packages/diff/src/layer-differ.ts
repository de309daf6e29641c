// SPDX-License-Identifier: Apache-2.0
import type {
  ApplyOptions,
  CompareOptions,
  ContentProvider,
  ContentStore,
  Descriptor,
  Differ,
  Logger,
  Mount,
  Mounter,
} from '@containerd-ts/core'
import { LayerApplier } from './layer-applier.ts'
import { LayerComparer } from './layer-comparer.ts'
import type { StreamProcessor } from './stream-processor.ts'
import { WorkerPool, type WorkerPoolInit } from './worker/worker-pool.ts'

export interface LayerDifferInit extends WorkerPoolInit {
  readonly mounter: Mounter
  /** Programs that turn other media types into layers; the last one that fits is taken. */
  readonly processors?: readonly StreamProcessor[] | undefined
  readonly logger?: Logger | undefined
}

/** Applies and compares layers with one set of worker threads. Disposal aborts what runs and ends them. */
export class LayerDiffer implements Differ, AsyncDisposable {
  readonly #workers: WorkerPool
  readonly #applier: LayerApplier
  readonly #comparer: LayerComparer

  constructor(init: LayerDifferInit) {
    this.#workers = new WorkerPool(init)
    this.#applier = new LayerApplier({ ...init, workers: this.#workers })
    this.#comparer = new LayerComparer({ ...init, workers: this.#workers })
  }

  apply(
    layer: Descriptor,
    mounts: readonly Mount[],
    content: ContentProvider,
    options?: ApplyOptions,
  ): Promise<Descriptor> {
    return this.#applier.apply(layer, mounts, content, options)
  }

  compare(
    lower: readonly Mount[],
    upper: readonly Mount[],
    content: ContentStore,
    options?: CompareOptions,
  ): Promise<Descriptor> {
    return this.#comparer.compare(lower, upper, content, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workers[Symbol.asyncDispose]()
  }
}
