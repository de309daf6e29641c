// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto'
import {
  digestOf,
  type BlobInfo,
  type BlobWriter,
  type ContentStore,
  type Digest,
  type IngestStatus,
} from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { itWhen } from './it-when.ts'
import { codeOfFailure } from './failure-code.ts'

/** What a content store under test can do beyond the contract's core. */
export interface ContentStoreTraits {
  /** Keeps labels itself; without it `update` answers FailedPrecondition. */
  readonly labels: boolean
  /** A missing blob makes `delete` fail with NotFound; otherwise it counts as done. */
  readonly deleteReportsMissing: boolean
  /** Readers know the path of a local file. */
  readonly localPaths: boolean
  /** Open readers go on after a delete, as they do unless this is false: where each read is a call of its own. */
  readonly readersOutliveDelete?: boolean
}

/** A fresh, empty store. Disposal leaves nothing behind. */
export interface ContentStoreFixture extends AsyncDisposable {
  readonly store: ContentStore
}

type Setup = () => Promise<ContentStoreFixture>

const sha256 = (bytes: Uint8Array): Digest => digestOf('sha256', createHash('sha256').update(bytes).digest('hex'))

async function put(store: ContentStore, bytes: Uint8Array, ref = `put-${sha256(bytes)}`): Promise<Digest> {
  await using writer = await store.ingest(ref)
  await writer.write(bytes)
  return await writer.commit()
}

async function readAll(store: ContentStore, digest: Digest): Promise<Buffer> {
  await using reader = await store.open(digest)
  return Buffer.from(await reader.read(0, reader.sizeBytes))
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const refs = async (store: ContentStore): Promise<string[]> =>
  (await collect<IngestStatus>(store.ingests())).map((s) => s.ref).sort()

/** The contract of `ContentStore`, against any implementation. */
export function contentStoreConformance(name: string, traits: ContentStoreTraits, setup: Setup): void {
  describe(`${name}: content store contract`, () => {
    writing(setup)
    resuming(setup)
    committing(setup)
    reading(setup, traits)
    managing(setup, traits)
  })
}

function writing(setup: Setup): void {
  it('keeps bytes invisible until the commit', async () => {
    await using fx = await setup()
    const bytes = randomBytes(10_000)
    await using writer = await fx.store.ingest('r1', { totalBytes: bytes.length })
    await writer.write(bytes.subarray(0, 4000))
    await writer.write(bytes.subarray(4000))
    expect(await codeOfFailure(fx.store.info(sha256(bytes)))).toBe(Code.NotFound)
    expect(await codeOfFailure(fx.store.open(sha256(bytes)))).toBe(Code.NotFound)
    expect(await writer.digest()).toBe(sha256(bytes))
    expect(await writer.commit({ sizeBytes: bytes.length, expected: sha256(bytes) })).toBe(sha256(bytes))
    expect(await readAll(fx.store, sha256(bytes))).toEqual(bytes)
  })

  it('reports the progress of an ingest to its writer and to others', async () => {
    await using fx = await setup()
    await using writer = await fx.store.ingest('progress', { totalBytes: 100 })
    await writer.write(Buffer.alloc(40))
    for (const status of [await writer.status(), await fx.store.ingestStatus('progress')]) {
      expect(status).toMatchObject({ ref: 'progress', offsetBytes: 40, totalBytes: 100 })
      expect(status.updatedAt.getTime()).toBeGreaterThanOrEqual(status.startedAt.getTime() - 1000)
    }
    expect(await refs(fx.store)).toEqual(['progress'])
  })

  it('commits an empty blob', async () => {
    await using fx = await setup()
    await using writer = await fx.store.ingest('empty')
    const digest = await writer.commit()
    expect(digest).toBe(sha256(Buffer.alloc(0)))
    expect((await fx.store.info(digest)).sizeBytes).toBe(0)
  })

  it('gives a ref to one writer at a time', async () => {
    await using fx = await setup()
    {
      await using _held = await fx.store.ingest('busy')
      const second = fx.store.ingest('busy')
      await expect(second).rejects.toThrow(/ref .*busy.* locked for .* \(since /)
      expect(await codeOfFailure(fx.store.ingest('busy'))).toBe(Code.Unavailable)
      await using _other = await fx.store.ingest('free')
    }
    await using _again = await fx.store.ingest('busy')
  })

  it('frees the ref after a failed open', async () => {
    await using fx = await setup()
    const digest = await put(fx.store, Buffer.from('x'))
    expect(await codeOfFailure(fx.store.ingest('r', { expected: digest }))).toBe(Code.AlreadyExists)
    await using _writer = await fx.store.ingest('r')
  })

  it('takes refs of any text', async () => {
    await using fx = await setup()
    const odd = ['a/../../b', 'layer-sha256:ab', 'ü'.repeat(200), '.', ' ']
    for (const ref of odd) await (await fx.store.ingest(ref))[Symbol.asyncDispose]()
    expect(await refs(fx.store)).toEqual([...odd].sort())
  })

  it('lets many writers work side by side', async () => {
    await using fx = await setup()
    const blobs = Array.from({ length: 12 }, (_, i) => randomBytes(1000 * i + 1))
    const digests = await Promise.all(blobs.map((bytes, i) => put(fx.store, bytes, `side-${i}`)))
    expect(digests).toEqual(blobs.map(sha256))
    expect(await refs(fx.store)).toEqual([])
  })

  it('rejects what an aborted signal forbids', async () => {
    await using fx = await setup()
    const signal = AbortSignal.abort()
    expect(await codeOfFailure(fx.store.ingest('r', { signal }))).toBe(Code.Canceled)
    await using writer = await fx.store.ingest('r')
    await writer.write(Buffer.from('x'))
    expect(await codeOfFailure(writer.commit({ signal }))).toBe(Code.Canceled)
    expect(await writer.commit()).toBe(sha256(Buffer.from('x')))
  })
}

function resuming(setup: Setup): void {
  const half = randomBytes(50_000)
  const rest = randomBytes(30_000)
  const whole = Buffer.concat([half, rest])

  const leaveHalf = async (fx: ContentStoreFixture, totalBytes?: number): Promise<void> => {
    await using writer = await fx.store.ingest('resume', { totalBytes })
    await writer.write(half)
  }
  const finish = async (writer: BlobWriter): Promise<Digest> => {
    await writer.write(rest)
    return writer.commit({ expected: sha256(whole), sizeBytes: whole.length })
  }

  it('continues after the bytes of a writer that gave up', async () => {
    await using fx = await setup()
    await leaveHalf(fx, whole.length)
    await using writer = await fx.store.ingest('resume', { totalBytes: whole.length })
    expect(await writer.status()).toMatchObject({ offsetBytes: half.length, totalBytes: whole.length })
    expect(await writer.digest()).toBe(sha256(half))
    expect(await finish(writer)).toBe(sha256(whole))
  })

  it('continues when either side never announced a total', async () => {
    await using fx = await setup()
    await leaveHalf(fx)
    await using writer = await fx.store.ingest('resume', { totalBytes: whole.length })
    expect((await writer.status()).offsetBytes).toBe(half.length)
    expect(await finish(writer)).toBe(sha256(whole))
  })

  it('starts again when the totals contradict each other', async () => {
    await using fx = await setup()
    await leaveHalf(fx, whole.length)
    await using writer = await fx.store.ingest('resume', { totalBytes: 7 })
    expect(await writer.status()).toMatchObject({ offsetBytes: 0, totalBytes: 7 })
    await writer.write(Buffer.from('1234567'))
    expect(await writer.commit({ sizeBytes: 7 })).toBe(sha256(Buffer.from('1234567')))
  })

  it('starts again after truncate', async () => {
    await using fx = await setup()
    await leaveHalf(fx)
    await using writer = await fx.store.ingest('resume')
    await writer.truncate(0)
    expect((await writer.status()).offsetBytes).toBe(0)
    await writer.write(Buffer.from('new'))
    expect(await writer.commit()).toBe(sha256(Buffer.from('new')))
  })

  it('forgets an aborted ingest', async () => {
    await using fx = await setup()
    await leaveHalf(fx)
    await fx.store.abort('resume')
    expect(await codeOfFailure(fx.store.ingestStatus('resume'))).toBe(Code.NotFound)
    expect(await codeOfFailure(fx.store.abort('resume'))).toBe(Code.NotFound)
    await using writer = await fx.store.ingest('resume')
    expect((await writer.status()).offsetBytes).toBe(0)
  })
}

function committing(setup: Setup): void {
  it('refuses a wrong size or digest and keeps the ingest', async () => {
    await using fx = await setup()
    const bytes = Buffer.from('right')
    await using writer = await fx.store.ingest('r')
    await writer.write(bytes)
    expect(await codeOfFailure(writer.commit({ sizeBytes: 4 }))).toBe(Code.FailedPrecondition)
    expect(await codeOfFailure(writer.commit({ expected: sha256(Buffer.from('wrong')) }))).toBe(Code.FailedPrecondition)
    expect(await refs(fx.store)).toEqual(['r'])
    expect(await writer.commit({ sizeBytes: 5, expected: sha256(bytes) })).toBe(sha256(bytes))
    expect(await refs(fx.store)).toEqual([])
  })

  it('reports a blob that exists and consumes the ingest', async () => {
    await using fx = await setup()
    const bytes = Buffer.from('twice')
    await put(fx.store, bytes, 'one')
    await using writer = await fx.store.ingest('two')
    await writer.write(bytes)
    expect(await codeOfFailure(writer.commit())).toBe(Code.AlreadyExists)
    expect(await refs(fx.store)).toEqual([])
    expect(await readAll(fx.store, sha256(bytes))).toEqual(bytes)
  })

  it('refuses writes after the commit', async () => {
    await using fx = await setup()
    await using writer = await fx.store.ingest('r')
    await writer.write(Buffer.from('x'))
    await writer.commit()
    expect(await codeOfFailure(writer.write(Buffer.from('y')))).toBe(Code.FailedPrecondition)
    expect(await codeOfFailure(writer.commit())).toBe(Code.FailedPrecondition)
  })

  it('checks a digest of another algorithm and keeps the blob under it', async () => {
    await using fx = await setup()
    const bytes = randomBytes(3000)
    const expected = digestOf('sha512', createHash('sha512').update(bytes).digest('hex'))
    await using writer = await fx.store.ingest('long')
    await writer.write(bytes)
    expect(await writer.commit({ expected })).toBe(expected)
    expect(await readAll(fx.store, expected)).toEqual(bytes)
  })
}

function reading(setup: Setup, traits: ContentStoreTraits): void {
  it('reads any range and nothing past the end', async () => {
    await using fx = await setup()
    const bytes = randomBytes(5000)
    await using reader = await fx.store.open(await put(fx.store, bytes))
    expect(reader.sizeBytes).toBe(5000)
    expect(Buffer.from(await reader.read(0, 10))).toEqual(bytes.subarray(0, 10))
    expect(Buffer.from(await reader.read(4990, 100))).toEqual(bytes.subarray(4990))
    expect((await reader.read(5000, 10)).length).toBe(0)
    expect((await reader.read(9000, 10)).length).toBe(0)
    const parts = await Promise.all([1, 2, 3, 4].map((i) => reader.read(i * 1000, 1000)))
    expect(Buffer.concat(parts)).toEqual(bytes.subarray(1000))
  })

  const outlive = traits.readersOutliveDelete ?? true
  itWhen(outlive, 'readers that hold the blob open')('keeps an open reader readable after a delete', async () => {
    await using fx = await setup()
    const bytes = randomBytes(100_000)
    const digest = await put(fx.store, bytes)
    await using reader = await fx.store.open(digest)
    await fx.store.delete(digest)
    expect(Buffer.from(await reader.read(0, bytes.length))).toEqual(bytes)
    expect(await codeOfFailure(fx.store.open(digest))).toBe(Code.NotFound)
  })

  itWhen(traits.localPaths, 'local paths of blobs')('names a local file with the same bytes', async () => {
    await using fx = await setup()
    const bytes = randomBytes(2000)
    await using reader = await fx.store.open(await put(fx.store, bytes))
    const { readFile } = await import('node:fs/promises')
    expect(await readFile(reader.path ?? '')).toEqual(bytes)
  })
}

function managing(setup: Setup, traits: ContentStoreTraits): void {
  it('lists blobs in ascending order of digests', async () => {
    await using fx = await setup()
    const digests = await Promise.all(Array.from({ length: 20 }, (_, i) => put(fx.store, Buffer.from(`blob ${i}`))))
    const listed = (await collect<BlobInfo>(fx.store.list())).map((info) => info.digest)
    expect(listed).toEqual([...digests].sort())
  })

  it('describes a blob', async () => {
    await using fx = await setup()
    const before = Date.now() - 2000
    const digest = await put(fx.store, Buffer.from('describe me'))
    const info = await fx.store.info(digest)
    expect(info).toMatchObject({ digest, sizeBytes: 11, labels: {} })
    expect(info.createdAt.getTime()).toBeGreaterThan(before)
    expect(info.updatedAt.getTime()).toBeGreaterThan(before)
  })

  it('filters lists by what the filter looks up', async () => {
    await using fx = await setup()
    const digest = await put(fx.store, Buffer.from('one'))
    await put(fx.store, Buffer.from('two'))
    const only = {
      text: `digest==${digest}`,
      matches: (lookup: (path: readonly string[]) => string | undefined) => lookup(['digest']) === digest,
    }
    expect((await collect<BlobInfo>(fx.store.list([only]))).map((info) => info.digest)).toEqual([digest])
  })

  it('forgets a deleted blob', async () => {
    await using fx = await setup()
    const digest = await put(fx.store, Buffer.from('gone'))
    await fx.store.delete(digest)
    expect(await codeOfFailure(fx.store.info(digest))).toBe(Code.NotFound)
    expect(await codeOfFailure(fx.store.delete(digest))).toBe(
      traits.deleteReportsMissing ? Code.NotFound : 'no failure',
    )
    expect(await put(fx.store, Buffer.from('gone'))).toBe(digest)
  })

  itWhen(!traits.labels, 'no labels')('refuses to change labels', async () => {
    await using fx = await setup()
    const digest = await put(fx.store, Buffer.from('plain'))
    expect(await codeOfFailure(fx.store.update(digest, { a: 'b' }))).toBe(Code.FailedPrecondition)
  })

  itWhen(traits.labels, 'labels')('keeps labels given at the commit and changes them by path or whole', async () => {
    await using fx = await setup()
    await using writer = await fx.store.ingest('labelled')
    await writer.write(Buffer.from('labelled'))
    const digest = await writer.commit({ labels: { a: '1', b: '2' } })
    expect((await fx.store.info(digest)).labels).toEqual({ a: '1', b: '2' })
    expect((await fx.store.update(digest, { a: '9', b: '9' }, ['labels.a'])).labels).toEqual({ a: '9', b: '2' })
    expect((await fx.store.update(digest, { c: '3' })).labels).toEqual({ c: '3' })
  })
}

export { MemoryContentStore } from './content-memory.ts'
