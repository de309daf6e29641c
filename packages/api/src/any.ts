// SPDX-License-Identifier: Apache-2.0
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import type { Any } from '@bufbuild/protobuf/wkt'
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** What follows the last slash of a type URL: the full message name. */
export const typeNameOf = (typeUrl: string): string => typeUrl.slice(typeUrl.lastIndexOf('/') + 1)

/** Whether `any` holds the message, whatever the prefix of its type URL. */
export const isMessage = (any: Any | undefined, schema: DescMessage): any is Any =>
  any !== undefined && typeNameOf(any.typeUrl) === schema.typeName

/** Packs a message the original's way: the type URL is the bare full name, without `type.googleapis.com/`. */
export function packMessage<S extends DescMessage>(schema: S, message: MessageInitShape<S>): Any {
  return create(AnySchema, { typeUrl: schema.typeName, value: toBinary(schema, create(schema, message)) })
}

/**
 * The message in `any`, or undefined when it holds another type.
 *
 * @throws {InvalidArgumentError} the bytes are no such message
 */
export function unpackMessage<S extends DescMessage>(schema: S, any: Any | undefined): MessageShape<S> | undefined {
  if (!isMessage(any, schema)) return undefined
  try {
    return fromBinary(schema, any.value)
  } catch (cause) {
    throw new InvalidArgumentError(`decode ${schema.typeName}`, { cause })
  }
}
