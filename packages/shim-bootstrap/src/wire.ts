// SPDX-License-Identifier: Apache-2.0
// The messages of containerd.runtime.bootstrap.v1, written out by hand: a shim starts three times in a container's
// life, and loading the generated messages takes longer than all else it does in `start`.
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { TypedAny } from '@containerd-ts/core'

export interface WireParams {
  instanceId: string
  namespace: string
  logLevel: number
  containerdVersion: string
  containerdTtrpcAddress: string
  containerdGrpcAddress: string
  containerdBinary: string
  extensions: (TypedAny | undefined)[]
  socketDir: string | undefined
}

export interface WireResult {
  version: number
  address: string
  protocol: string
  capabilities: number[]
  metadata: Record<string, string>
}

export function encodeWireParams(params: WireParams): Uint8Array {
  const writer = new BinaryWriter()
  text(writer, 1, params.instanceId)
  text(writer, 2, params.namespace)
  if (params.logLevel !== 0) writer.tag(3, WireType.Varint).int32(params.logLevel)
  text(writer, 4, params.containerdVersion)
  text(writer, 5, params.containerdTtrpcAddress)
  text(writer, 6, params.containerdGrpcAddress)
  text(writer, 7, params.containerdBinary)
  for (const extension of params.extensions) {
    writer.tag(8, WireType.LengthDelimited).fork()
    if (extension !== undefined) writer.tag(1, WireType.LengthDelimited).bytes(encodeAny(extension))
    writer.join()
  }
  if (params.socketDir !== undefined) writer.tag(9, WireType.LengthDelimited).string(params.socketDir)
  return writer.finish()
}

/** @throws {Error} the bytes are no such message */
export function decodeWireParams(bytes: Uint8Array): WireParams {
  const params: WireParams = {
    instanceId: '',
    namespace: '',
    logLevel: 0,
    containerdVersion: '',
    containerdTtrpcAddress: '',
    containerdGrpcAddress: '',
    containerdBinary: '',
    extensions: [],
    socketDir: undefined,
  }
  eachField(bytes, {
    1: (reader) => void (params.instanceId = reader.string(true)),
    2: (reader) => void (params.namespace = reader.string(true)),
    3: [WireType.Varint, (reader) => void (params.logLevel = reader.int32())],
    4: (reader) => void (params.containerdVersion = reader.string(true)),
    5: (reader) => void (params.containerdTtrpcAddress = reader.string(true)),
    6: (reader) => void (params.containerdGrpcAddress = reader.string(true)),
    7: (reader) => void (params.containerdBinary = reader.string(true)),
    8: (reader) => {
      let any: TypedAny | undefined
      eachField(reader.bytes(), { 1: (inner) => void (any = decodeAny(inner.bytes())) })
      params.extensions.push(any)
    },
    9: (reader) => void (params.socketDir = reader.string(true)),
  })
  return params
}

export function encodeWireResult(result: WireResult): Uint8Array {
  const writer = new BinaryWriter()
  if (result.version !== 0) writer.tag(1, WireType.Varint).int32(result.version)
  text(writer, 2, result.address)
  text(writer, 3, result.protocol)
  if (result.capabilities.length > 0) {
    writer.tag(4, WireType.LengthDelimited).fork()
    for (const capability of result.capabilities) writer.int32(capability)
    writer.join()
  }
  for (const [key, value] of Object.entries(result.metadata)) {
    writer.tag(5, WireType.LengthDelimited).fork()
    writer.tag(1, WireType.LengthDelimited).string(key)
    writer.tag(2, WireType.LengthDelimited).string(value)
    writer.join()
  }
  return writer.finish()
}

/** @throws {Error} the bytes are no such message */
export function decodeWireResult(bytes: Uint8Array): WireResult {
  const result: WireResult = { version: 0, address: '', protocol: '', capabilities: [], metadata: {} }
  eachField(bytes, {
    1: [WireType.Varint, (reader) => void (result.version = reader.int32())],
    2: (reader) => void (result.address = reader.string(true)),
    3: (reader) => void (result.protocol = reader.string(true)),
    4: (reader) => {
      const packed = new BinaryReader(reader.bytes())
      while (packed.pos < packed.len) result.capabilities.push(packed.int32())
    },
    5: (reader) => {
      let [key, value] = ['', '']
      eachField(reader.bytes(), {
        1: (inner) => void (key = inner.string(true)),
        2: (inner) => void (value = inner.string(true)),
      })
      result.metadata[key] = value
    },
  })
  return result
}

export function encodeAny({ typeUrl, value }: TypedAny): Uint8Array {
  const writer = new BinaryWriter()
  text(writer, 1, typeUrl)
  if (value.length > 0) writer.tag(2, WireType.LengthDelimited).bytes(value)
  return writer.finish()
}

/** @throws {Error} the bytes are no Any */
export function decodeAny(bytes: Uint8Array): TypedAny {
  let typeUrl = ''
  let value: Uint8Array = new Uint8Array(0)
  eachField(bytes, {
    1: (reader) => void (typeUrl = reader.string(true)),
    2: (reader) => void (value = reader.bytes()),
  })
  return { typeUrl, value }
}

type Read = (reader: BinaryReader) => void
type Fields = Readonly<Record<number, Read | readonly [WireType, Read]>>

/** Reads the fields that are known; a field of another wire type than its own counts as unknown. */
function eachField(bytes: Uint8Array, fields: Fields): void {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag()
    const field = fields[number]
    const [expected, read] =
      typeof field === 'function' ? [WireType.LengthDelimited, field] : (field ?? [undefined, undefined])
    if (read !== undefined && wireType === expected) read(reader)
    else reader.skip(wireType, number)
  }
}

function text(writer: BinaryWriter, number: number, value: string): void {
  if (value !== '') writer.tag(number, WireType.LengthDelimited).string(value)
}
