// SPDX-License-Identifier: Apache-2.0
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { Metadata } from './metadata.ts'

/** Body of a request frame. */
export interface RequestEnvelope {
  readonly service: string
  readonly method: string
  readonly payload: Uint8Array
  /** Nanoseconds left when the request was sent; 0 none, negative already expired. */
  readonly timeoutNano: bigint
  readonly metadata: Metadata
}

/** Body of a response frame. A missing status is success; details are not kept. */
export interface ResponseEnvelope {
  readonly status?: { readonly code: number; readonly message: string }
  readonly payload: Uint8Array
}

const EMPTY = new Uint8Array(0)
const bytes = WireType.LengthDelimited

export function encodeRequest(request: RequestEnvelope): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(1, bytes).string(request.service).tag(2, bytes).string(request.method)
  if (request.payload.length > 0) writer.tag(3, bytes).bytes(request.payload)
  if (request.timeoutNano !== 0n) writer.tag(4, WireType.Varint).int64(request.timeoutNano.toString())
  for (const [key, values] of request.metadata) {
    for (const value of values) {
      writer.tag(5, bytes).fork().tag(1, bytes).string(key).tag(2, bytes).string(value).join()
    }
  }
  return writer.finish()
}

/** @throws the reader's error when the bytes are no message */
export function decodeRequest(body: Uint8Array): RequestEnvelope {
  const reader = new BinaryReader(body)
  const metadata = new Map<string, string[]>()
  let service = ''
  let method = ''
  let payload: Uint8Array = EMPTY
  let timeoutNano = 0n
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (field === 1 && wireType === bytes) service = reader.string()
    else if (field === 2 && wireType === bytes) method = reader.string()
    else if (field === 3 && wireType === bytes) payload = reader.bytes()
    else if (field === 4 && wireType === WireType.Varint) timeoutNano = BigInt(reader.int64())
    else if (field === 5 && wireType === bytes) {
      const [key, value] = decodePair(reader.bytes())
      const values = metadata.get(key)
      if (values === undefined) metadata.set(key, [value])
      else values.push(value)
    } else reader.skip(wireType, field)
  }
  return { service, method, payload, timeoutNano, metadata }
}

function decodePair(body: Uint8Array): [key: string, value: string] {
  const reader = new BinaryReader(body)
  const pair: [string, string] = ['', '']
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if ((field === 1 || field === 2) && wireType === bytes) pair[field - 1] = reader.string()
    else reader.skip(wireType, field)
  }
  return pair
}

export function encodeResponse(response: ResponseEnvelope): Uint8Array {
  const writer = new BinaryWriter()
  const { status, payload } = response
  if (status !== undefined) {
    writer.tag(1, bytes).fork()
    if (status.code !== 0) writer.tag(1, WireType.Varint).int32(status.code)
    if (status.message !== '') writer.tag(2, bytes).string(status.message)
    writer.join()
  }
  if (payload.length > 0) writer.tag(2, bytes).bytes(payload)
  return writer.finish()
}

/** @throws the reader's error when the bytes are no message */
export function decodeResponse(body: Uint8Array): ResponseEnvelope {
  const reader = new BinaryReader(body)
  let status: ResponseEnvelope['status']
  let payload: Uint8Array = EMPTY
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (field === 1 && wireType === bytes) status = decodeStatus(reader.bytes())
    else if (field === 2 && wireType === bytes) payload = reader.bytes()
    else reader.skip(wireType, field)
  }
  return status === undefined ? { payload } : { status, payload }
}

function decodeStatus(body: Uint8Array): { code: number; message: string } {
  const reader = new BinaryReader(body)
  const status = { code: 0, message: '' }
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (field === 1 && wireType === WireType.Varint) status.code = reader.int32()
    else if (field === 2 && wireType === bytes) status.message = reader.string()
    else reader.skip(wireType, field)
  }
  return status
}
