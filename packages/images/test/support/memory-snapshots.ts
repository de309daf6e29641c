// SPDX-License-Identifier: Apache-2.0
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type {
  Applier,
  ApplyOptions,
  ContentProvider,
  Descriptor,
  FieldPaths,
  Mount,
  SnapshotCommitOptions,
  SnapshotCreateOptions,
  SnapshotInfo,
  Snapshotter,
  SnapshotUsage,
} from '@containerd-ts/core'
import { AlreadyExistsError, NotFoundError } from '@containerd-ts/errdefs'
import { digestBytes, MediaType, sniffCompression } from '@containerd-ts/oci'
import { readBlob } from '../../src/index.ts'
import { updatedLabels } from './memory-content.ts'

/** The snapshot contract in memory; mounts name the key as their source. */
export class MemorySnapshots implements Snapshotter {
  readonly snapshots = new Map<string, SnapshotInfo>()
  readonly usages = new Map<string, SnapshotUsage>()

  async stat(key: string): Promise<SnapshotInfo> {
    const info = this.snapshots.get(key)
    if (info === undefined) throw NotFoundError.of('snapshot', key)
    return info
  }

  async update(name: string, labels: Record<string, string>, paths?: FieldPaths): Promise<SnapshotInfo> {
    const info = await this.stat(name)
    const next = { ...info, labels: updatedLabels(info.labels, labels, paths) }
    this.snapshots.set(name, next)
    return next
  }

  async usage(key: string): Promise<SnapshotUsage> {
    await this.stat(key)
    return this.usages.get(key) ?? { sizeBytes: 10, inodes: 1 }
  }

  async mounts(key: string): Promise<readonly Mount[]> {
    await this.stat(key)
    return [{ type: 'memory', source: key, options: [] }]
  }

  async prepare(key: string, parent?: string, options: SnapshotCreateOptions = {}): Promise<readonly Mount[]> {
    options.signal?.throwIfAborted()
    const labels = options.labels ?? {}
    const target = labels['containerd.io/snapshot.ref']
    if (this.snapshots.has(key) || (target !== undefined && this.snapshots.has(target)))
      throw AlreadyExistsError.of('snapshot', key)
    if (parent !== undefined) await this.stat(parent)
    const now = new Date()
    this.snapshots.set(key, { kind: 'active', name: key, parent, labels, createdAt: now, updatedAt: now })
    return this.mounts(key)
  }

  view = this.prepare.bind(this)

  async commit(name: string, key: string, options: SnapshotCommitOptions = {}): Promise<void> {
    const info = await this.stat(key)
    if (this.snapshots.has(name)) throw AlreadyExistsError.of('snapshot', name)
    if (options.parent !== undefined) await this.stat(options.parent)
    this.snapshots.delete(key)
    this.snapshots.set(name, {
      ...info,
      name,
      kind: 'committed',
      labels: options.labels ?? {},
      parent: options.parent ?? info.parent,
    })
  }

  async remove(key: string): Promise<void> {
    if (!this.snapshots.delete(key)) throw NotFoundError.of('snapshot', key)
  }

  async *list(): AsyncIterable<SnapshotInfo> {
    yield* this.snapshots.values()
  }

  async cleanup(): Promise<void> {}
}

/** Decompresses and hashes; remembers what was applied where. */
export class MemoryApplier implements Applier {
  readonly applied: { readonly layer: string; readonly key: string; readonly bytes: Buffer }[] = []
  running = 0
  mostRunning = 0
  /** Nothing is applied before this many are. */
  together = 1
  readonly #gate = Promise.withResolvers<void>()

  async apply(
    layer: Descriptor,
    mounts: readonly Mount[],
    content: ContentProvider,
    options: ApplyOptions = {},
  ): Promise<Descriptor> {
    this.mostRunning = Math.max(this.mostRunning, ++this.running)
    try {
      const blob = await readBlob(content, layer.digest, options)
      if (this.running >= this.together) this.#gate.resolve()
      await this.#gate.promise
      const kind = sniffCompression(blob)
      const bytes = kind === 'gzip' ? gunzipSync(blob) : kind === 'zstd' ? zstdDecompressSync(blob) : Buffer.from(blob)
      this.applied.push({ layer: layer.digest, key: mounts[0]?.source ?? '', bytes })
      options.onProgress?.(blob.length)
      return { mediaType: MediaType.ociLayer, digest: digestBytes(bytes), sizeBytes: bytes.length }
    } finally {
      this.running--
    }
  }
}
