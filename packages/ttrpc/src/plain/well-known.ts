// SPDX-License-Identifier: Apache-2.0
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { bytes, text } from './field.ts'
import { plainMessage } from './message.ts'

export const plainAny = plainMessage('google.protobuf.Any', { typeUrl: text(1), value: bytes(2) })
export const plainEmpty = plainMessage('google.protobuf.Empty', {})

/** A point in time to the millisecond. */
export const plainTimestamp = {
  typeName: 'google.protobuf.Timestamp',
  encode(time: Date): Uint8Array {
    const ms = time.getTime()
    const seconds = Math.floor(ms / 1000)
    const nanos = (ms - seconds * 1000) * 1_000_000
    const writer = new BinaryWriter().tag(1, WireType.Varint).int64(seconds)
    if (nanos !== 0) writer.tag(2, WireType.Varint).int32(nanos)
    return writer.finish()
  },
  decode(body: Uint8Array): Date {
    const reader = new BinaryReader(body)
    let [seconds, nanos] = [0, 0]
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag()
      if (number === 1 && wireType === WireType.Varint) seconds = Number(reader.int64())
      else if (number === 2 && wireType === WireType.Varint) nanos = reader.int32()
      else reader.skip(wireType, number)
    }
    return new Date(seconds * 1000 + Math.floor(nanos / 1_000_000))
  },
}

/** What Go sends for a time that is not set, and reads back as one: an absent timestamp is 1970 to it. */
export const zeroTime = new Date(-62_135_596_800_000)
