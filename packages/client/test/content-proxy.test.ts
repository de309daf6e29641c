// SPDX-License-Identifier: Apache-2.0
import { contentStoreConformance } from '@containerd-ts/conformance/content'
import { FsContentStore } from '@containerd-ts/content'
import { parseNamespace } from '@containerd-ts/core'
import type { BlobWriter, ContentStore } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { contentService, contentStoreService } from '@containerd-ts/services'
import { tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { clientOver, scopeOf } from '../src/index.ts'
import { metadataOver, serveContent } from './served-content.ts'
import type { ServedContent } from './served-content.ts'

const namespace = parseNamespace('space')
const remote = { localPaths: false, readersOutliveDelete: false }

/** Blobs and labels of a namespace, as a client of a daemon sees them. */
async function ofNamespace(): Promise<ServedContent> {
  await using undo = new AsyncDisposableStack()
  const root = undo.use(await tempRoot('content-proxy-'))
  const metadata = await metadataOver(root, undo)
  const served = undo.use(await serveContent(root, contentService(metadata), scopeOf(namespace)))
  return withOwned(served, undo.move())
}

/** Blobs alone, as a daemon sees a proxy plugin. */
async function ofStore(wrap = (store: ContentStore): ContentStore => store): Promise<ServedContent> {
  await using undo = new AsyncDisposableStack()
  const root = undo.use(await tempRoot('content-proxy-'))
  const store = wrap(new FsContentStore({ root: root.join('content') }))
  const served = undo.use(await serveContent(root, contentStoreService(store), scopeOf()))
  return withOwned(served, undo.move())
}

const withOwned = ({ store, transport }: ServedContent, owned: AsyncDisposable): ServedContent => ({
  store,
  transport,
  [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
})

contentStoreConformance(
  'contentProxy of a namespace',
  { labels: true, deleteReportsMissing: true, ...remote },
  ofNamespace,
)
contentStoreConformance('contentProxy of a store', { labels: false, deleteReportsMissing: false, ...remote }, () =>
  ofStore(),
)

async function put(store: ContentStore, text: string) {
  await using writer = await store.ingest(`put-${text}`)
  await writer.write(Buffer.from(text))
  return await writer.commit()
}

describe('a reader of the content proxy', () => {
  it('answers NotFound once its blob is deleted', async () => {
    await using fx = await ofNamespace()
    const digest = await put(fx.store, 'short-lived')
    await using reader = await fx.store.open(digest)
    await fx.store.delete(digest)
    await expect(reader.read(0, 5)).rejects.toMatchObject({ code: Code.NotFound })
  })
})

describe('a writer of the content proxy whose commit was refused', () => {
  const wrongSize = { sizeBytes: 99 }

  it('holds the ref again once it is used', async () => {
    await using fx = await ofNamespace()
    await using writer = await fx.store.ingest('r', { totalBytes: 5 })
    await writer.write(Buffer.from('abc'))
    await expect(writer.commit(wrongSize)).rejects.toMatchObject({ code: Code.FailedPrecondition })
    expect(await writer.status()).toMatchObject({ offsetBytes: 3, totalBytes: 5 })
    await expect(fx.store.ingest('r')).rejects.toMatchObject({ code: Code.Unavailable })
    await writer.write(Buffer.from('de'))
    const digest = await writer.commit()
    await using reader = await fx.store.open(digest)
    expect(Buffer.from(await reader.read(0, 5)).toString()).toBe('abcde')
  })

  it('commits with labels that do, after labels that are too long', async () => {
    await using fx = await ofNamespace()
    await using writer = await fx.store.ingest('r')
    await writer.write(Buffer.from('abc'))
    await expect(writer.commit({ labels: { a: 'x'.repeat(5000) } })).rejects.toMatchObject({
      code: Code.InvalidArgument,
    })
    const digest = await writer.commit({ labels: { a: 'x' } })
    expect((await fx.store.info(digest)).labels).toEqual({ a: 'x' })
  })

  it('waits for nobody: while another holds the ref it says so, and goes on afterwards', async () => {
    await using fx = await ofStore()
    await using writer = await fx.store.ingest('r')
    await writer.write(Buffer.from('abc'))
    await expect(writer.commit(wrongSize)).rejects.toMatchObject({ code: Code.FailedPrecondition })
    {
      await using _other = await fx.store.ingest('r')
      await expect(writer.status()).rejects.toMatchObject({ code: Code.Unavailable })
    }
    expect((await writer.status()).offsetBytes).toBe(3)
  })

  it('leaves an ingest alone that another writer changed', async () => {
    await using fx = await ofStore()
    await using writer = await fx.store.ingest('r')
    await writer.write(Buffer.from('abc'))
    await expect(writer.commit(wrongSize)).rejects.toMatchObject({ code: Code.FailedPrecondition })
    {
      await using other = await fx.store.ingest('r')
      await other.truncate(0)
      await other.write(Buffer.from('xyz'))
    }
    const changed = { code: Code.FailedPrecondition, message: expect.stringContaining('another writer') as string }
    await expect(writer.commit()).rejects.toMatchObject(changed)
    await expect(writer.write(Buffer.from('d'))).rejects.toMatchObject({ code: Code.FailedPrecondition })
    expect((await fx.store.ingestStatus('r')).offsetBytes).toBe(3)
  })

  it('leaves the ingest behind when it is disposed', async () => {
    await using fx = await ofStore()
    {
      await using writer = await fx.store.ingest('r')
      await writer.write(Buffer.from('abc'))
      await expect(writer.commit(wrongSize)).rejects.toMatchObject({ code: Code.FailedPrecondition })
    }
    expect((await fx.store.ingestStatus('r')).offsetBytes).toBe(3)
  })
})

describe('a commit over the content proxy', () => {
  it('is given up when its signal fires, and the server told', async () => {
    const begun = Promise.withResolvers<void>()
    const told = Promise.withResolvers<void>()
    await using fx = await ofStore((store) =>
      withCommit(store, (signal) => {
        begun.resolve()
        return new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            told.resolve()
            reject(signal.reason as Error)
          })
        })
      }),
    )
    await using writer = await fx.store.ingest('r')
    await writer.write(Buffer.from('abc'))
    const stop = new AbortController()
    const committed = writer.commit({ signal: stop.signal })
    await begun.promise
    stop.abort()
    await expect(committed).rejects.toMatchObject({ code: Code.Canceled })
    await told.promise
    await expect(writer.commit()).rejects.toMatchObject({ code: Code.FailedPrecondition })
  })
})

describe('the content of a client', () => {
  it('waits for a ref that another writer holds, until its signal fires', async () => {
    await using fx = await ofNamespace()
    const { content } = clientOver(fx.transport).in(namespace)
    const held = await content.ingest('busy')
    await expect(content.ingest('busy', { signal: AbortSignal.timeout(60) })).rejects.toThrow()
    const second = content.ingest('busy')
    await held[Symbol.asyncDispose]()
    await using writer = await second
    expect(writer.ref).toBe('busy')
  })
})

/** The store, with commits that do what they are told. */
function withCommit(store: ContentStore, commit: (signal: AbortSignal | undefined) => Promise<never>): ContentStore {
  return new Proxy(store, {
    get(target, name) {
      if (name !== 'ingest') return (target[name as keyof ContentStore] as () => unknown).bind(target)
      return async (...call: Parameters<ContentStore['ingest']>): Promise<BlobWriter> => {
        const writer = await target.ingest(...call)
        writer.commit = (options) => commit(options?.signal)
        return writer
      }
    },
  })
}
