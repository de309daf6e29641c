// SPDX-License-Identifier: Apache-2.0
import { Content } from '@containerd-ts/api/services/content/v1/content_pb'
import { MemorySnapshotBackend, RecordingPublisher } from '@containerd-ts/conformance/metadata'
import { FsContentStore } from '@containerd-ts/content'
import type { ContentStore, Metadata } from '@containerd-ts/core'
import { createMetadata } from '@containerd-ts/metadata'
import { createUnixTransport } from '@containerd-ts/rpc'
import type { UnixTransport } from '@containerd-ts/rpc'
import { createRpcServer } from '@containerd-ts/rpc/server'
import type { contentStoreService } from '@containerd-ts/services'
import { openStore } from '@containerd-ts/store'
import type { TempRoot } from '@containerd-ts/testkit'
import { contentProxy } from '../src/index.ts'
import type { scopeOf } from '../src/index.ts'

export interface ServedContent extends AsyncDisposable {
  /** A content proxy at the other end of a socket. */
  readonly store: ContentStore
  readonly transport: UnixTransport
}

export async function serveContent(
  root: TempRoot,
  service: ReturnType<typeof contentStoreService>,
  scope: ReturnType<typeof scopeOf>,
): Promise<ServedContent> {
  await using undo = new AsyncDisposableStack()
  const path = root.join('content.sock')
  const server = undo.use(createRpcServer({ routes: (router) => void router.service(Content, service) }))
  await server.listenUnix({ path })
  const transport = undo.use(createUnixTransport({ address: path }))
  const owned = undo.move()
  return {
    store: contentProxy(transport, scope),
    transport,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** LMDB and files below a directory; closed with the stack. */
export async function metadataOver(root: TempRoot, undo: AsyncDisposableStack): Promise<Metadata> {
  const store = undo.use(await openStore(root.join('store')))
  return undo.use(
    await createMetadata({
      store: store.sub('metadata'),
      content: new FsContentStore({ root: root.join('content') }),
      snapshotters: { memory: new MemorySnapshotBackend() },
      events: new RecordingPublisher(),
    }),
  )
}
