// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto'
import {
  digestOf,
  parseNamespace,
  type CommitOptions,
  type ContentStore,
  type Descriptor,
  type Digest,
  type GarbageCollector,
  type IngestOptions,
  type Metadata,
  type NamespaceView,
} from '@containerd-ts/core'
import { Code, codeOf } from '@containerd-ts/errdefs'
import type { MemorySnapshotBackend, RecordingPublisher } from './metadata-backends.ts'

/** Metadata over backends that the suite can look into. */
export interface MetadataFixture extends AsyncDisposable {
  readonly metadata: Metadata
  readonly collector: GarbageCollector
  /** The backend below. */
  readonly content: ContentStore
  /** The backend of the only snapshotter, which is called `memory`. */
  readonly snapshots: MemorySnapshotBackend
  readonly events: RecordingPublisher
  /** Moves the metadata's clock forward. */
  advance(ms: number): void
}

export type MetadataSetup = (options?: {
  readonly contentSharingPolicy?: 'shared' | 'isolated'
}) => Promise<MetadataFixture>

const snapshotterName = 'memory'
export const defaultNamespace = parseNamespace('default')
export const otherNamespace = parseNamespace('other')

export const sha256 = (bytes: Uint8Array | string): Digest =>
  digestOf('sha256', createHash('sha256').update(bytes).digest('hex'))

export const descriptor = (digest: Digest): Descriptor => ({ mediaType: 'application/test', digest, sizeBytes: 1 })

/** Stores text as a blob of the namespace. */
export async function putBlob(
  { content }: NamespaceView,
  text: string,
  options: CommitOptions & IngestOptions = {},
): Promise<Digest> {
  await using writer = await content.ingest(`put-${sha256(text)}`, options)
  await writer.write(Buffer.from(text))
  return await writer.commit(options)
}

/** Commits a snapshot called `name`. */
export async function commitSnapshot(view: NamespaceView, name: string, parent?: string, labels = {}): Promise<void> {
  const snapshotter = view.snapshotter(snapshotterName)
  await snapshotter.prepare(`${name}-active`, parent)
  await snapshotter.commit(name, `${name}-active`, { labels })
}

export async function collectAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  return await Array.fromAsync(items)
}

/** The code a call fails with; `Ok` when it does not. */
export async function failure(call: Promise<unknown>): Promise<Code> {
  try {
    await call
    return Code.Ok
  } catch (error) {
    return codeOf(error)
  }
}

/** Makes records that have expired, so that the next cycle takes many steps and others get in between. */
export async function makeLitter({ leases }: NamespaceView, count: number): Promise<void> {
  const labels = { 'containerd.io/gc.expire': '2000-01-01T00:00:00Z' }
  await Promise.all(Array.from({ length: count }, () => leases.create({ id: `litter-${randomUUID()}`, labels })))
}
