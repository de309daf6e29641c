// SPDX-License-Identifier: Apache-2.0
import type { Any } from '@bufbuild/protobuf/wkt'
import { packMessage, unpackMessage } from '@containerd-ts/api'
import { Transfer } from '@containerd-ts/api/services/transfer/v1/transfer_pb'
import { MountSchema } from '@containerd-ts/api/types/mount_pb'
import { ImageStoreSchema } from '@containerd-ts/api/types/transfer/imagestore_pb'
import { ImageExportStreamSchema, ImageImportStreamSchema } from '@containerd-ts/api/types/transfer/importexport_pb'
import { ProgressSchema } from '@containerd-ts/api/types/transfer/progress_pb'
import {
  AuthRequestSchema,
  AuthResponseSchema,
  AuthType,
  HTTPDebug,
  OCIRegistrySchema,
} from '@containerd-ts/api/types/transfer/registry_pb'
import type { TransferEnd, TransferProgress, Transferrer } from '@containerd-ts/core'
import { digestOf } from '@containerd-ts/core'
import { Code, codeOf, NotFoundError } from '@containerd-ts/errdefs'
import { createClient } from '@containerd-ts/rpc'
import { eventually } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { transferService } from '../src/index.ts'
import { ClientStream, headers, receiveBytes, sendBytes, serveStreams } from './stream-client.ts'

type Work = (source: TransferEnd, destination: TransferEnd, progress: (p: TransferProgress) => void) => Promise<void>

/** The service over a transferrer that does what a test says. */
async function serveTransfer(work: Work) {
  const transferrer: Transferrer = {
    transfer: (_namespace, source, destination, options) =>
      work(source, destination, options?.onProgress ?? (() => {})),
  }
  const world = await serveStreams((router, streams) => {
    router.service(Transfer, transferService({ transferrer, streams }))
  })
  const client = createClient(Transfer, world.transport)
  const transfer = (source: Any, destination: Any, progressStream = '') =>
    client.transfer({ source, destination, options: { progressStream } }, { headers })
  return { ...world, transfer, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

const store = (init: Parameters<typeof packMessage<typeof ImageStoreSchema>>[1] = {}) =>
  packMessage(ImageStoreSchema, init)
const codeFrom = (work: Promise<unknown>) => work.then(() => undefined, codeOf)
const statement = (event: string): TransferProgress => ({ event, name: '', parents: [], progress: 0, total: 0 })

describe('Transfer', () => {
  it('decodes both ends', async () => {
    const seen: TransferEnd[] = []
    await using world = await serveTransfer((source, destination) =>
      Promise.resolve(void seen.push(source, destination)),
    )
    const reference = { name: 'p', isPrefix: true, allowOverwrite: true, addDigest: true, skipNamedDigest: true }
    const platform = { os: 'linux', architecture: 'arm', variant: 'v7' }
    await world.transfer(
      packMessage(OCIRegistrySchema, {
        reference: 'example.com/a:b',
        resolver: { headers: { x: 'y' }, hostDir: '/etc/certs.d', defaultScheme: 'http' },
      }),
      store({
        name: 'n',
        labels: { a: 'b' },
        platforms: [platform],
        allMetadata: true,
        manifestLimit: 2,
        extraReferences: [reference],
        unpacks: [{ platform, snapshotter: 'native' }, { snapshotter: '' }],
      }),
    )
    expect(seen[0]).toEqual({
      kind: 'registry',
      reference: 'example.com/a:b',
      access: { headers: { x: 'y' }, hostDir: '/etc/certs.d', defaultScheme: 'http' },
    })
    expect(seen[1]).toEqual({
      kind: 'image-store',
      name: 'n',
      labels: { a: 'b' },
      platforms: [platform],
      allMetadata: true,
      manifestLimit: 2,
      extraReferences: [reference],
      unpacks: [
        { platform, snapshotter: 'native' },
        { platform: { os: '', architecture: '' }, snapshotter: '' },
      ],
    })
  })

  it('connects byte streams to both ends and ends them', async () => {
    await using world = await serveTransfer(async (source, destination) => {
      if (source.kind !== 'import-stream' || destination.kind !== 'export-stream') throw new Error('other ends')
      for await (const chunk of source.bytes) await destination.sink.write(chunk)
    })
    await using input = await ClientStream.open(world.transport, 'in')
    await using output = await ClientStream.open(world.transport, 'out')
    const bytes = Buffer.alloc(200_000, 'xyz')
    const [sending, receiving] = [sendBytes(input, bytes), receiveBytes(output)]
    await world.transfer(
      packMessage(ImageImportStreamSchema, { stream: 'in' }),
      packMessage(ImageExportStreamSchema, { stream: 'out' }),
    )
    await sending
    expect((await receiving).bytes.equals(bytes)).toBe(true)
    await eventually('streams are gone', () => expect(world.table.size).toBe(0))
  })

  it('sends all progress before it answers, and ends the progress stream', async () => {
    const descriptor = { mediaType: 'm', digest: digestOf('sha256', 'a'.repeat(64)), sizeBytes: 7 }
    await using world = await serveTransfer((_source, _destination, progress) => {
      progress(statement('Pulling'))
      progress({ event: 'downloading', name: 'layer', parents: ['root'], progress: 1, total: 2 ** 40, descriptor })
      progress(statement('Completed'))
      return Promise.resolve()
    })
    await using stream = await ClientStream.open(world.transport, 'progress')
    await world.transfer(store(), store(), 'progress')
    const seen = []
    for (let any = await stream.receive(); any !== undefined; any = await stream.receive()) {
      seen.push(unpackMessage(ProgressSchema, any))
    }
    expect(seen).toMatchObject([
      { event: 'Pulling', name: '' },
      { event: 'downloading', parents: ['root'], progress: 1n, total: 2n ** 40n, desc: { size: 7n } },
      { event: 'Completed' },
    ])
  })

  it('goes on without a client that leaves its progress stream', async () => {
    await using world = await serveTransfer(async (_source, _destination, progress) => {
      for (let i = 0; i < 200; i++) {
        progress({ ...statement(`event ${i}`), parents: ['p'.repeat(10_000)] })
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    const stream = await ClientStream.open(world.transport, 'progress')
    const transfer = world.transfer(store(), store(), 'progress')
    stream.cut()
    await expect(transfer).resolves.toBeDefined()
  })

  it.each([
    [
      { authType: AuthType.CREDENTIALS, username: 'me', secret: 's' },
      { username: 'me', secret: 's' },
    ],
    [{ authType: AuthType.REFRESH, secret: 's' }, { secret: 's' }],
    [{ authType: AuthType.HEADER, secret: 'Basic x' }, { header: 'Basic x' }],
    [{ authType: AuthType.NONE }, undefined],
  ])('asks for credentials over their stream: %o', async (answer, expected) => {
    const seen: unknown[] = []
    await using world = await serveTransfer(async (source) => {
      if (source.kind === 'registry') seen.push(await source.access.credentials?.('example.com', 'Basic realm="x"'))
    })
    await using stream = await ClientStream.open(world.transport, 'creds')
    const registry = { reference: 'example.com/a:b', resolver: { authStream: 'creds' } }
    const transfer = world.transfer(packMessage(OCIRegistrySchema, registry), store())
    expect(unpackMessage(AuthRequestSchema, await stream.receive())).toMatchObject({
      host: 'example.com',
      reference: 'example.com/a:b',
      wwwauthenticate: ['Basic realm="x"'],
    })
    stream.send(packMessage(AuthResponseSchema, answer))
    await transfer
    expect(seen).toEqual([expected])
  })

  it.each([
    ['no answer', undefined, Code.Unavailable],
    ['an answer of another type', packMessage(MountSchema, {}), Code.InvalidArgument],
  ])('fails with %s about credentials', async (_what, answer, code) => {
    await using world = await serveTransfer(async (source) => {
      if (source.kind === 'registry') await source.access.credentials?.('example.com', '')
    })
    await using stream = await ClientStream.open(world.transport, 'creds')
    const registry = { reference: 'r', resolver: { authStream: 'creds' } }
    const transfer = codeFrom(world.transfer(packMessage(OCIRegistrySchema, registry), store()))
    await stream.receive()
    if (answer === undefined) stream.finish()
    else stream.send(answer)
    expect(await transfer).toBe(code)
  })

  it('writes the log of requests where the client wants it', async () => {
    await using world = await serveTransfer(async (source) => {
      if (source.kind === 'registry') await source.access.httpLog?.write(Buffer.from('> GET /\n'))
    })
    await using stream = await ClientStream.open(world.transport, 'logs')
    const resolver = { httpDebug: HTTPDebug.DEBUG, logsStream: 'logs' }
    const receiving = receiveBytes(stream)
    await world.transfer(packMessage(OCIRegistrySchema, { reference: 'r', resolver }), store())
    expect((await receiving).bytes.toString()).toBe('> GET /\n')
  })

  it.each([
    ['a stream that is not open', packMessage(ImageImportStreamSchema, { stream: 'none' }), Code.NotFound],
    ['a type nobody knows', { ...store(), typeUrl: 'example.Unknown' }, Code.Unknown],
    ['a type that is no end', packMessage(MountSchema, {}), Code.Unimplemented],
    ['damaged bytes', { ...store(), value: Buffer.from([255]) }, Code.InvalidArgument],
  ])('refuses %s, and ends the streams of the other end', async (_what, destination, code) => {
    await using world = await serveTransfer(() => Promise.resolve())
    await using stream = await ClientStream.open(world.transport, 'in')
    const source = packMessage(ImageImportStreamSchema, { stream: 'in' })
    expect(await codeFrom(world.transfer(source, destination))).toBe(code)
    while ((await stream.receive()) !== undefined);
  })

  it('needs both ends and a namespace; answers with the code of the failure', async () => {
    await using world = await serveTransfer(() => Promise.reject(NotFoundError.of('image', 'x')))
    const client = createClient(Transfer, world.transport)
    expect(await codeFrom(client.transfer({ source: store() }, { headers }))).toBe(Code.InvalidArgument)
    expect(await codeFrom(client.transfer({ source: store(), destination: store() }))).toBe(Code.FailedPrecondition)
    expect(await codeFrom(world.transfer(store(), store()))).toBe(Code.NotFound)
    expect(await codeFrom(world.transfer(store(), store(), 'none'))).toBe(Code.NotFound)
  })
})
