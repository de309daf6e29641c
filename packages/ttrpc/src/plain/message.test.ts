// SPDX-License-Identifier: Apache-2.0
import { duplexPair } from 'node:stream'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { AnySchema, TimestampSchema } from '@bufbuild/protobuf/wkt'
import { toTimestamp } from '@containerd-ts/api'
import { CreateTaskRequestSchema } from '@containerd-ts/api/runtime/task/v3/shim_pb'
import { Version } from '@containerd-ts/api/services/version/v1/version_pb'
import { isUnimplemented } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { TtrpcConnection } from '../client-connection.ts'
import { createPlainClient, createTtrpcClient } from '../client.ts'
import { TtrpcServer } from '../server.ts'
import { bool, list, nested, text, texts, uint32 } from './field.ts'
import { packPlain, plainMessage } from './message.ts'
import { unary } from './service.ts'
import { plainAny, plainEmpty, plainTimestamp, zeroTime } from './well-known.ts'

const mount = plainMessage('containerd.types.Mount', { type: text(1), source: text(2), options: texts(4) })
const createTask = plainMessage('containerd.task.v3.CreateTaskRequest', {
  id: text(1),
  rootfs: list(3, mount),
  terminal: bool(4),
  options: nested(10, plainAny),
})
const value = {
  id: 'ü',
  rootfs: [
    { type: 'overlay', source: 'overlay', options: ['a', 'b'] },
    { type: '', source: '', options: [] },
  ],
  terminal: true,
  options: { typeUrl: 'x', value: new Uint8Array([1, 2]) },
}

describe('plain message', () => {
  it('encodes what the generated message decodes', () => {
    const { rootfs, ...rest } = fromBinary(CreateTaskRequestSchema, createTask.encode(value))
    expect(rest).toMatchObject({ id: 'ü', terminal: true, options: value.options })
    expect(rootfs).toMatchObject(value.rootfs)
  })

  it('decodes what the generated message encodes, without the fields it does not know', () => {
    const bytes = toBinary(
      CreateTaskRequestSchema,
      create(CreateTaskRequestSchema, { ...value, bundle: '/b', stdin: 'i' }),
    )
    expect(createTask.decode(bytes)).toEqual(value)
  })

  it('has every field; absent ones have their zero value and are not sent', () => {
    expect(createTask.decode(new Uint8Array(0))).toEqual({ id: '', rootfs: [], terminal: false, options: undefined })
    expect(createTask.encode({ id: '', terminal: false, rootfs: [], options: undefined })).toHaveLength(0)
  })

  it('skips a field of another wire type and fails on bytes that are no message', () => {
    const other = plainMessage('x', { id: uint32(1) })
    expect(createTask.decode(other.encode({ id: 5 })).id).toBe('')
    expect(() => createTask.decode(new Uint8Array([10, 200]))).toThrow()
  })

  it('goes into an Any under its bare name', () => {
    const any = packPlain(mount, { type: 'bind' })
    expect(any.typeUrl).toBe('containerd.types.Mount')
    expect(fromBinary(AnySchema, plainAny.encode(any)).value).toEqual(mount.encode({ type: 'bind' }))
  })

  it.each([zeroTime, new Date(0), new Date(-1), new Date('2024-02-03T04:05:06.789Z')])(
    'carries the time %s',
    (time) => {
      const bytes = plainTimestamp.encode(time)
      const sent = time === zeroTime ? toTimestamp(undefined) : toTimestamp(time)
      expect(fromBinary(TimestampSchema, bytes)).toEqual(sent)
      expect(plainTimestamp.decode(bytes)).toEqual(time)
    },
  )
})

const versionResponse = plainMessage('containerd.services.version.v1.VersionResponse', {
  version: text(1),
  revision: text(2),
})
const versionService = {
  typeName: 'containerd.services.version.v1.Version',
  methods: { Version: unary(plainEmpty, versionResponse) },
}

describe('plain service', () => {
  it('talks with a generated client, and a plain client with a generated service', async () => {
    const answer = { version: '1', revision: 'r' }
    const servers = [
      new TtrpcServer().registerPlain(versionService, { version: () => answer }),
      new TtrpcServer().register(Version, { version: () => answer }),
    ]
    for (const server of servers) {
      const [near, far] = duplexPair()
      server.serve(far)
      await using connection = new TtrpcConnection(near)
      expect(await createTtrpcClient(Version, connection).version({})).toMatchObject(answer)
      expect(await createPlainClient(versionService, connection).version({})).toEqual(answer)
      await server[Symbol.asyncDispose]()
    }
  })

  it('answers Unimplemented for a method without a handler', async () => {
    const [near, far] = duplexPair()
    await using server = new TtrpcServer().registerPlain(versionService, {})
    server.serve(far)
    await using connection = new TtrpcConnection(near)
    const failure: unknown = await createPlainClient(versionService, connection)
      .version({})
      .catch((error: unknown) => error)
    expect(isUnimplemented(failure)).toBe(true)
  })
})
