// SPDX-License-Identifier: Apache-2.0
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import type { TypedAny } from '@containerd-ts/core'
import type { Codec } from '../method.ts'
import type { Field } from './field.ts'

type Fields = Readonly<Record<string, Field<unknown>>>

type ShapeOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/** What a sender gives: fields left out are absent on the wire. */
export type PlainInit<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** The value that a plain message decodes to. */
export type PlainShape<M> = M extends PlainMessage<infer T> ? T : never

/**
 * A protobuf message described by a table: it decodes to an object with every field present, and encodes one that
 * may lack some. Fields that the table does not know are skipped and not kept.
 */
export interface PlainMessage<T> extends Codec<T, PlainInit<T>> {
  /** Full name. */
  readonly typeName: string
  readonly fields: Fields
}

/**
 * Describes a message by hand, for programs whose start-up cannot pay for generated ones: those describe themselves
 * through reflection when they are loaded.
 */
export function plainMessage<F extends Fields>(typeName: string, fields: F): PlainMessage<ShapeOf<F>> {
  const entries = Object.entries(fields)
  const byNumber = new Map(entries.map((entry) => [entry[1].number, entry]))
  return {
    typeName,
    fields,
    encode(message) {
      const writer = new BinaryWriter()
      for (const [name, field] of entries) {
        const value: unknown = message[name]
        if (value !== undefined) field.write(writer, value)
      }
      return writer.finish()
    },
    decode(bytes) {
      const message: Record<string, unknown> = {}
      for (const [name, field] of entries) message[name] = field.initial()
      const reader = new BinaryReader(bytes)
      while (reader.pos < reader.len) {
        const [number, wireType] = reader.tag()
        const [name, field] = byNumber.get(number) ?? []
        if (name !== undefined && field?.wireType === wireType) message[name] = field.read(reader, message[name])
        else reader.skip(wireType, number)
      }
      return message as ShapeOf<F>
    },
  }
}

/** A message in an `Any`; its type URL is the bare name, as containerd has it. */
export const packPlain = <T>(message: PlainMessage<T>, value: PlainInit<T>): TypedAny => ({
  typeUrl: message.typeName,
  value: message.encode(value),
})
