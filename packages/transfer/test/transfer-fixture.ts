// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { MemorySnapshotBackend, RecordingPublisher } from '@containerd-ts/conformance/metadata'
import { FsContentStore } from '@containerd-ts/content'
import { digestOf, parseNamespace } from '@containerd-ts/core'
import type { Applier, ImageStoreEnd, Metadata, NamespaceView, TransferProgress } from '@containerd-ts/core'
import type { LocalTransferrerInit } from '@containerd-ts/transfer'
import { LocalTransferrer } from '@containerd-ts/transfer'
import { createMetadata } from '@containerd-ts/metadata'
import { hostPlatform } from '@containerd-ts/oci'
import { openStore } from '@containerd-ts/store'
import { layoutArchive, makeImage, tempRoot } from '@containerd-ts/testkit'
import type { ImageRequest } from '@containerd-ts/testkit'

export const namespace = parseNamespace('default')
export const linuxAmd64 = { os: 'linux', architecture: 'amd64' }

/** Computes diff IDs and writes nothing. */
const hashingApplier: Applier = {
  async apply(layer, _mounts, content) {
    await using reader = await content.open(layer.digest)
    const bytes = gunzipSync(await reader.read(0, reader.sizeBytes))
    const digest = digestOf('sha256', createHash('sha256').update(bytes).digest('hex'))
    return { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, sizeBytes: bytes.length }
  },
}

export interface World extends AsyncDisposable {
  readonly metadata: Metadata & { readonly collector: { collect(): Promise<unknown> } }
  readonly view: NamespaceView
  readonly snapshots: MemorySnapshotBackend
  readonly transferrer: LocalTransferrer
  readonly root: string
}

/** The daemon's own stores under a transferrer, with snapshots in memory. */
export async function openWorld(init: Partial<LocalTransferrerInit> = {}): Promise<World> {
  await using undo = new AsyncDisposableStack()
  const root = undo.use(await tempRoot('transfer-'))
  const store = undo.use(await openStore(root.join('store')))
  const snapshots = new MemorySnapshotBackend()
  const metadata = undo.use(
    await createMetadata({
      store: store.sub('metadata'),
      content: new FsContentStore({ root: root.join('content') }),
      snapshotters: { memory: snapshots },
      events: new RecordingPublisher(),
    }),
  )
  const unpackConfigs = [
    {
      platform: hostPlatform(),
      snapshotter: 'memory',
      rebase: false,
      wantsOrigin: true,
      applier: hashingApplier,
      configType: '',
    },
  ]
  const transferrer = new LocalTransferrer({ metadata, unpackConfigs, ...init })
  const owned = undo.move()
  return {
    metadata,
    view: metadata.in(namespace),
    snapshots,
    transferrer,
    root: root.path,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

export const storeEnd = (end: Partial<ImageStoreEnd> = {}): ImageStoreEnd => ({
  kind: 'image-store',
  name: '',
  labels: {},
  platforms: [],
  allMetadata: false,
  manifestLimit: 0,
  extraReferences: [],
  unpacks: [],
  ...end,
})

export const prefix = (name: string, more: Partial<ImageStoreEnd['extraReferences'][number]> = {}) => ({
  name,
  isPrefix: true,
  allowOverwrite: true,
  addDigest: false,
  skipNamedDigest: false,
  ...more,
})

export async function* pieces(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** A sink that keeps what it is given. */
export function collectingSink() {
  const chunks: Uint8Array[] = []
  return {
    write: (bytes: Uint8Array) => {
      chunks.push(Buffer.from(bytes))
      return Promise.resolve()
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
    bytes: () => Buffer.concat(chunks),
  }
}

export async function archiveOf(request: Partial<ImageRequest> = {}) {
  await using root = await tempRoot('layout-')
  const layers = [[{ name: 'a', data: Buffer.alloc(40_000, 'a') }], [{ name: 'b', data: 'b' }]]
  const { manifest, config, layers: made } = await makeImage(root.path, { layers, ...request })
  return { archive: await layoutArchive(root.path), manifest, config, layers: made }
}

export async function names(view: NamespaceView): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { name } of view.images.list()) found.push(name)
  return found
}

export async function leases(view: NamespaceView): Promise<number> {
  let count = 0
  for await (const _lease of view.leases.list()) count++
  return count
}

export function progressLog() {
  const seen: TransferProgress[] = []
  return {
    seen,
    events: () => seen.map(({ event, name }) => (name === '' ? event : `${event} ${name}`)),
    onProgress: (progress: TransferProgress) => void seen.push(progress),
  }
}
