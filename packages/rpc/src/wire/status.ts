// SPDX-License-Identifier: Apache-2.0
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { TypedAny } from '@containerd-ts/core'

/** google.rpc.Status, which travels in grpc-status-details-bin. */
export interface StatusDetails {
  readonly code: number
  readonly message: string
  readonly details: readonly TypedAny[]
}

// The message is written by hand: its generated module would cost every program that only wants to call.

/** Base64 without padding, as in all binary metadata. */
export function encodeStatus(status: StatusDetails): string {
  const writer = new BinaryWriter()
  if (status.code !== 0) writer.tag(1, WireType.Varint).int32(status.code)
  if (status.message !== '') writer.tag(2, WireType.LengthDelimited).string(status.message)
  for (const any of status.details) {
    writer.tag(3, WireType.LengthDelimited).fork()
    if (any.typeUrl !== '') writer.tag(1, WireType.LengthDelimited).string(any.typeUrl)
    if (any.value.length > 0) writer.tag(2, WireType.LengthDelimited).bytes(any.value)
    writer.join()
  }
  return Buffer.from(writer.finish()).toString('base64').replace(/=+$/, '')
}

/** Undefined when the bytes are no status: the plain headers then have to do. */
export function decodeStatus(base64: string): StatusDetails | undefined {
  let code = 0
  let message = ''
  const details: TypedAny[] = []
  try {
    const reader = new BinaryReader(Buffer.from(base64, 'base64'))
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag()
      if (field === 1) code = reader.int32()
      else if (field === 2) message = reader.string()
      else if (field === 3) details.push(decodeAny(reader.bytes()))
      else reader.skip(type, field)
    }
  } catch {
    return undefined
  }
  return { code, message, details }
}

function decodeAny(bytes: Uint8Array): TypedAny {
  let typeUrl = ''
  let value = new Uint8Array()
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (field === 1) typeUrl = reader.string()
    else if (field === 2) value = Uint8Array.from(reader.bytes())
    else reader.skip(type, field)
  }
  return { typeUrl, value }
}
