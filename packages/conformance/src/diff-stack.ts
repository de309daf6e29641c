// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  digestOf,
  type ApplyOptions,
  type ContentProvider,
  type Descriptor,
  type Differ,
  type Digest,
  type Mount,
  type Mounter,
} from '@containerd-ts/core'
import { MemoryContentStore } from './content-memory.ts'
import { readTree, type TreeNode } from './diff-tree.ts'

/** A differ under test, what mounts for it, and an empty directory on a file system that overlayfs takes. */
export interface DifferFixture extends AsyncDisposable {
  readonly differ: Differ
  readonly mounter: Mounter
  readonly scratch: string
}

export type StackMode = 'bind' | 'overlay'

export const ociLayer = 'application/vnd.oci.image.layer.v1.tar'

export const sha256 = (bytes: Uint8Array): Digest =>
  digestOf('sha256', createHash('sha256').update(bytes).digest('hex'))

export const descriptorOf = (bytes: Uint8Array, mediaType = ociLayer): Descriptor => ({
  mediaType,
  digest: sha256(bytes),
  sizeBytes: bytes.length,
})

/** Layers applied one onto the other: into one directory, or each into an overlay's upper directory. */
export class LayerStack {
  readonly #fx: DifferFixture
  readonly #mode: StackMode
  readonly #name: string
  readonly #uppers: string[] = []

  constructor(fx: DifferFixture, mode: StackMode, name: string = mode) {
    this.#fx = fx
    this.#mode = mode
    this.#name = name
  }

  /** Mounts to write the next layer on. */
  async next(): Promise<readonly Mount[]> {
    const place = join(this.#fx.scratch, this.#name, String(this.#mode === 'bind' ? 0 : this.#uppers.length))
    const [upper, work] = [join(place, 'fs'), join(place, 'work')]
    for (const path of [upper, work]) await mkdir(path, { recursive: true })
    const lower = [...this.#uppers].reverse()
    if (this.#mode === 'overlay' || lower.length === 0) this.#uppers.push(upper)
    if (this.#mode === 'bind' || lower.length === 0) return [{ type: 'bind', source: upper, options: ['rw', 'rbind'] }]
    const options = [`workdir=${work}`, `upperdir=${upper}`, `lowerdir=${lower.join(':')}`, 'index=off']
    return [{ type: 'overlay', source: 'overlay', options }]
  }

  async apply(
    bytes: Uint8Array,
    options: ApplyOptions & { readonly mediaType?: string; readonly content?: ContentProvider } = {},
  ): Promise<Descriptor> {
    const content = options.content ?? new MemoryContentStore()
    if (content instanceof MemoryContentStore) await content.put(bytes)
    return this.#fx.differ.apply(descriptorOf(bytes, options.mediaType), await this.next(), content, options)
  }

  /** Read-only mounts of all layers together. */
  view(): readonly Mount[] {
    const [top, ...rest] = [...this.#uppers].reverse()
    if (top === undefined || rest.length === 0) return [{ type: 'bind', source: top ?? '', options: ['ro', 'rbind'] }]
    return [{ type: 'overlay', source: 'overlay', options: [`lowerdir=${[top, ...rest].join(':')}`, 'index=off'] }]
  }

  async see<T>(work: (root: string) => T | Promise<T>): Promise<T> {
    await using mounted = await this.#fx.mounter.mountTemp(this.view())
    return await work(mounted.path)
  }

  tree(): Promise<Map<string, TreeNode>> {
    return this.see(readTree)
  }
}

/** Without the times of directories: what is changed in one may or may not touch them. */
export function undated(tree: ReadonlyMap<string, TreeNode>): Map<string, TreeNode> {
  const entries = [...tree].map(
    ([path, node]) => [path, node.type === 'Directory' ? { ...node, mtimeNs: 0n } : node] as const,
  )
  return new Map(entries)
}
