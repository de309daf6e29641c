// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemorySnapshotBackend, RecordingPublisher, type MetadataFixture } from '@containerd-ts/conformance/metadata'
import { FsContentStore } from '@containerd-ts/content'
import { createMetadata, type LmdbMetadata, type MetadataInit } from '@containerd-ts/metadata'
import { openStore } from '@containerd-ts/store'

export interface LmdbFixture extends MetadataFixture {
  readonly metadata: LmdbMetadata
  readonly content: FsContentStore
  readonly root: string
}

/** LMDB and content in a directory of their own, snapshots in memory, a clock that the test moves. */
export async function lmdbFixture(options: Partial<MetadataInit> = {}): Promise<LmdbFixture> {
  await using undo = new AsyncDisposableStack()
  const root = await mkdtemp(join(tmpdir(), 'metadata-'))
  undo.defer(() => rm(root, { recursive: true, force: true }))
  const store = undo.use(await openStore(join(root, 'store')))
  const content = new FsContentStore({ root: join(root, 'content') })
  const snapshots = new MemorySnapshotBackend()
  const events = new RecordingPublisher()
  let aheadMs = 0
  const start = Date.now()
  const now = () => new Date(start + aheadMs)
  const metadata = undo.use(
    await createMetadata({
      store: store.sub('metadata'),
      content,
      snapshotters: { memory: snapshots },
      events,
      now,
      ...options,
    }),
  )
  const owned = undo.move()
  return {
    root,
    metadata,
    collector: metadata.collector,
    content,
    snapshots,
    events,
    advance: (ms) => void (aheadMs += ms),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
