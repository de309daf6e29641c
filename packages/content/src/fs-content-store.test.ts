// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestHex } from '@containerd-ts/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FsContentStore } from './fs-content-store.ts'
import { formatTimestamp, parseTimestamp } from './timestamp.ts'

const hex = (text: string): string => createHash('sha256').update(text).digest('hex')

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('FsContentStore on disk', () => {
  let root: string
  let store: FsContentStore

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'content-'))
    store = new FsContentStore({ root })
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  const put = async (text: string) => {
    await using writer = await store.ingest('put')
    await writer.write(Buffer.from(text))
    return await writer.commit()
  }

  it('lays out an ingest as other tools read it', async () => {
    await using writer = await store.ingest('default/1/layer', { totalBytes: 5 })
    await writer.write(Buffer.from('abc'))
    const directory = join(root, 'ingest', hex('default/1/layer'))
    expect((await readdir(directory)).sort()).toEqual(['data', 'ref', 'startedat', 'total', 'updatedat'])
    expect(await readFile(join(directory, 'ref'), 'utf8')).toBe('default/1/layer')
    expect(await readFile(join(directory, 'total'), 'utf8')).toBe('5')
    expect(await readFile(join(directory, 'data'), 'utf8')).toBe('abc')
    expect(await readFile(join(directory, 'startedat'), 'utf8')).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
    )
    expect((await stat(directory)).mode & 0o777).toBe(0o755)
  })

  it('writes no total when none was announced', async () => {
    await using _writer = await store.ingest('r')
    expect(await readdir(join(root, 'ingest', hex('r')))).not.toContain('total')
  })

  it('keeps a blob read-only under its hexadecimal name', async () => {
    const digest = await put('hello')
    const path = join(root, 'blobs', 'sha256', digestHex(digest))
    expect(await readFile(path, 'utf8')).toBe('hello')
    expect((await stat(path)).mode & 0o777).toBe(0o444)
    expect(await readdir(join(root, 'ingest'))).toEqual([])
  })

  it('resumes an ingest that the original wrote', async () => {
    const directory = join(root, 'ingest', hex('r'))
    await mkdir(directory, { recursive: true })
    await writeFile(join(directory, 'ref'), 'r')
    await writeFile(join(directory, 'data'), 'half')
    await writeFile(join(directory, 'total'), '8')
    for (const name of ['startedat', 'updatedat'])
      await writeFile(join(directory, name), '2024-02-03T04:05:06.123456789+02:00')
    await using writer = await store.ingest('r')
    expect(await writer.status()).toMatchObject({
      offsetBytes: 4,
      totalBytes: 8,
      startedAt: new Date('2024-02-03T02:05:06.123Z'),
    })
  })

  it.each(['ref', 'startedat', 'updatedat'])('starts again where a crash left no %s', async (missing) => {
    {
      await using writer = await store.ingest('r')
      await writer.write(Buffer.from('partial'))
    }
    await rm(join(root, 'ingest', hex('r'), missing))
    await using writer = await store.ingest('r')
    expect((await writer.status()).offsetBytes).toBe(0)
    await writer.write(Buffer.from('x'))
    expect(await writer.commit()).toBe(`sha256:${hex('x')}`)
  })

  it('leaves ingests that a commit half removed out of listings', async () => {
    {
      await using _writer = await store.ingest('r')
    }
    await rm(join(root, 'ingest', hex('r'), 'data'))
    expect(await collect(store.ingests())).toEqual([])
    expect(await collect(store.ingestRefs())).toEqual(['r'])
  })

  it('notices bytes that somebody else appended', async () => {
    await using writer = await store.ingest('r')
    await writer.write(Buffer.from('mine'))
    await appendFile(join(root, 'ingest', hex('r'), 'data'), 'theirs')
    await expect(writer.commit()).rejects.toThrow(/file holds 10 bytes, 4 were written/)
  })

  it('fails the commit of an ingest that was aborted under its writer', async () => {
    await using writer = await store.ingest('r')
    await writer.write(Buffer.from('x'))
    await store.abort('r')
    await expect(writer.commit()).rejects.toMatchObject({ code: 5 })
  })

  it('skips stray files and unknown algorithms', async () => {
    const digest = await put('x')
    await writeFile(join(root, 'blobs', 'sha256', 'README'), '')
    await mkdir(join(root, 'blobs', 'md5'))
    await writeFile(join(root, 'blobs', 'md5', 'd41d8cd98f00b204e9800998ecf8427e'), '')
    expect((await collect(store.list())).map((info) => info.digest)).toEqual([digest])
  })

  it('answers an empty list before anything was written', async () => {
    expect(await collect(store.list())).toEqual([])
    expect(await collect(store.ingests())).toEqual([])
  })
})

describe('timestamps', () => {
  it('reads back what it writes', () => {
    const date = new Date(1_700_000_000_120)
    expect(parseTimestamp(formatTimestamp(date))).toEqual(date)
    expect(formatTimestamp(date)).toContain('.12')
  })

  it('refuses text that is no time', () => {
    expect(parseTimestamp('yesterday')).toBeUndefined()
  })
})
