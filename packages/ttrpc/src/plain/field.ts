// SPDX-License-Identifier: Apache-2.0
import { WireType } from '@bufbuild/protobuf/wire'
import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Codec } from '../method.ts'

/** One field of a plain message: how its values travel, and which one stands for its absence. */
export interface Field<T> {
  readonly number: number
  readonly wireType: WireType
  initial(): T
  /** Writes the field, tag included; nothing for the value that absence stands for. */
  write(writer: BinaryWriter, value: T): void
  /** The value after one more occurrence on the wire. */
  read(reader: BinaryReader, before: T): T
}

const { LengthDelimited, Varint } = WireType

/** `string` */
export const text = (number: number): Field<string> => ({
  number,
  wireType: LengthDelimited,
  initial: () => '',
  write: (writer, value) => void (value !== '' && writer.tag(number, LengthDelimited).string(value)),
  read: (reader) => reader.string(true),
})

/** `bytes` */
export const bytes = (number: number): Field<Uint8Array> => ({
  number,
  wireType: LengthDelimited,
  initial: () => new Uint8Array(0),
  write: (writer, value) => void (value.length > 0 && writer.tag(number, LengthDelimited).bytes(value)),
  read: (reader) => reader.bytes(),
})

/** `bool` */
export const bool = (number: number): Field<boolean> => ({
  number,
  wireType: Varint,
  initial: () => false,
  write: (writer, value) => void (value && writer.tag(number, Varint).bool(value)),
  read: (reader) => reader.bool(),
})

/** `uint32`, and enumerations */
export const uint32 = (number: number): Field<number> => ({
  number,
  wireType: Varint,
  initial: () => 0,
  write: (writer, value) => void (value !== 0 && writer.tag(number, Varint).uint32(value)),
  read: (reader) => reader.uint32(),
})

/** `repeated string` */
export const texts = (number: number): Field<readonly string[]> => ({
  number,
  wireType: LengthDelimited,
  initial: () => [],
  write: (writer, values) => {
    for (const value of values) writer.tag(number, LengthDelimited).string(value)
  },
  read: (reader, before) => [...before, reader.string(true)],
})

/** A message within a message; absent is undefined. */
export const nested = <T>(number: number, { encode, decode }: Codec<T, NoInfer<T>>): Field<T | undefined> => ({
  number,
  wireType: LengthDelimited,
  initial: () => undefined,
  write: (writer, value) => void (value !== undefined && writer.tag(number, LengthDelimited).bytes(encode(value))),
  read: (reader) => decode(reader.bytes()),
})

/** `repeated` messages */
export const list = <T>(number: number, { encode, decode }: Codec<T, NoInfer<T>>): Field<readonly T[]> => ({
  number,
  wireType: LengthDelimited,
  initial: () => [],
  write: (writer, values) => {
    for (const value of values) writer.tag(number, LengthDelimited).bytes(encode(value))
  },
  read: (reader, before) => [...before, decode(reader.bytes())],
})
