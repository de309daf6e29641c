// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import type { ByteSink, ExportStreamEnd, ImageStoreEnd, ImportStreamEnd, Namespace } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import {
  allOf,
  hasOwnShim,
  hasPeers,
  layoutArchive,
  makeImage,
  requireRoot,
  startDaemon,
  tempRoot,
} from '@containerd-ts/testkit'
import type { TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectContainerd } from '@containerd-ts/client'
import type { ContainerdClient } from '@containerd-ts/client'

const gate = allOf(requireRoot(), hasPeers(), hasOwnShim())
const dispose = { [Symbol.asyncDispose]: () => Promise.resolve() }

const source = (bytes: AsyncIterable<Uint8Array>): ImportStreamEnd => ({
  kind: 'import-stream',
  mediaType: '',
  forceCompress: false,
  bytes,
})

const target = (write: ByteSink['write']): ExportStreamEnd => ({
  kind: 'export-stream',
  mediaType: '',
  platforms: [],
  allPlatforms: true,
  skipCompatibilityManifest: false,
  skipNonDistributable: false,
  sink: { write, ...dispose },
})

const images = (end: Partial<ImageStoreEnd>): ImageStoreEnd => ({
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

async function* once(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

describe.skipIf(!gate.open)('transfers by a daemon', () => {
  let daemon: TestDaemon
  let client: ContainerdClient
  let namespace: Namespace
  beforeAll(async () => {
    daemon = await startDaemon()
    client = connectContainerd({ address: daemon.address })
    ;({ namespace } = client.in('transfers'))
  })
  afterAll(async () => {
    await client[Symbol.asyncDispose]()
    await daemon[Symbol.asyncDispose]()
  })

  it('move bytes both ways, more than any window holds', async () => {
    const bytes = randomBytes(3_000_000)
    const got: Uint8Array[] = []
    const sink = target((chunk) => Promise.resolve(void got.push(Buffer.from(chunk))))
    await client.transferrer.transfer(namespace, source(once(bytes.subarray(0, 1000), bytes.subarray(1000))), sink)
    expect(Buffer.concat(got).equals(bytes)).toBe(true)
  })

  it('fail with what went wrong at the source', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('begun')
      throw new Error('disk on fire')
    }
    const transfer = client.transferrer.transfer(namespace, source(broken()), images({ name: 'x' }))
    await expect(transfer).rejects.toThrow('disk on fire')
    await expect(client.in('transfers').images.get('x')).rejects.toMatchObject({ code: Code.NotFound })
  })

  it('fail with what went wrong at the sink', async () => {
    const sink = target(() => Promise.reject(new Error('no space left')))
    const transfer = client.transferrer.transfer(namespace, source(once(randomBytes(500_000))), sink)
    await expect(transfer).rejects.toThrow('no space left')
  })

  it('fail with the daemon’s reason, though the source has more to say', async () => {
    const silence = Promise.withResolvers<never>()
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100_000, 'no archive')
      await silence.promise
    }
    const transfer = client.transferrer.transfer(namespace, source(endless()), images({ name: 'x' }))
    await expect(transfer).rejects.toMatchObject({ code: expect.any(Number) as number })
  })

  it('end with an abort while the source is silent, and leave nothing', async () => {
    const stop = new AbortController()
    async function* silent(): AsyncGenerator<Uint8Array> {
      await new Promise(() => {})
      yield new Uint8Array()
    }
    const transfer = client.transferrer.transfer(namespace, source(silent()), images({ name: 'x' }), {
      signal: stop.signal,
      onProgress: ({ event }) => {
        if (event === 'Importing') stop.abort()
      },
    })
    await expect(transfer).rejects.toMatchObject({ code: Code.Canceled })
    expect(await Array.fromAsync(client.in('transfers').leases.list())).toEqual([])
  })

  it('import with progress, and name what the daemon named', async () => {
    await using temp = await tempRoot('ctd-transfer-')
    const { manifest } = await makeImage(temp.path, { layers: [[{ name: 'a', data: 'a' }]], name: 'localhost/t:v1' })
    const events: string[] = []
    const prefix = { name: 'p', isPrefix: true, allowOverwrite: true, addDigest: false, skipNamedDigest: false }
    await client.transferrer.transfer(
      namespace,
      source(once(await layoutArchive(temp.path))),
      images({ extraReferences: [prefix], labels: { a: 'b' } }),
      { onProgress: ({ event, name }) => void events.push(`${event} ${name}`.trim()) },
    )
    expect(events[0]).toBe('Importing')
    expect(events.slice(-2)).toEqual(['saved localhost/t:v1', 'Completed import'])
    const image = await client.in('transfers').images.get('localhost/t:v1')
    expect(image).toMatchObject({ target: { digest: manifest.digest }, labels: { a: 'b' } })
  })

  it('keep the code of a refusal', async () => {
    const gone = client.transferrer.transfer(namespace, images({ name: 'gone' }), images({ name: 'y' }))
    await expect(gone).rejects.toMatchObject({ code: Code.NotFound })
    const registry = { kind: 'registry', reference: 'localhost/a:b', access: {} } as const
    const pair = client.transferrer.transfer(namespace, registry, registry)
    await expect(pair).rejects.toMatchObject({ code: Code.Unimplemented })
  })
})
