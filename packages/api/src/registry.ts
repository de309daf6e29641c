// SPDX-License-Identifier: Apache-2.0
import { fromBinary } from '@bufbuild/protobuf'
import type { DescMessage, Message } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { InvalidArgumentError, UnknownError } from '@containerd-ts/errdefs'
import { loaders } from '../gen/loaders.js'
import { typeNameOf } from './any.ts'
import { goJson, goJsonText } from './go-json.ts'
import { isJsonType, parseJson } from './json-any.ts'

/** What an Any held. */
export type DecodedAny =
  | { readonly kind: 'message'; readonly schema: DescMessage; readonly message: Message }
  | { readonly kind: 'json'; readonly typeUrl: string; readonly value: unknown }

/** Full names of all messages of this package. */
export const messageNames: readonly string[] = Object.keys(loaders)

/**
 * The schema of a type URL, `prefix/FullName` or the bare name; its module is loaded at the first use.
 *
 * @throws {UnknownError} no such message is known
 */
export async function loadSchema(typeUrl: string): Promise<DescMessage> {
  const name = typeNameOf(typeUrl)
  const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined
  if (load !== undefined) {
    for (const desc of Object.values(await load())) {
      if (isSchemaOf(desc, name)) return desc
    }
  }
  throw new UnknownError(`type with url ${typeUrl}: not found`)
}

/**
 * Decodes whatever `any` holds.
 *
 * @throws {UnknownError} its type is not known
 * @throws {InvalidArgumentError} its bytes are not of its type
 */
export async function decodeAny(any: Pick<Any, 'typeUrl' | 'value'>): Promise<DecodedAny> {
  if (isJsonType(any.typeUrl)) return { kind: 'json', typeUrl: any.typeUrl, value: parseJson(any) }
  const schema = await loadSchema(any.typeUrl)
  try {
    return { kind: 'message', schema, message: fromBinary(schema, any.value) }
  } catch (cause) {
    throw new InvalidArgumentError(`decode ${schema.typeName}`, { cause })
  }
}

/** The payload as the original's `ctr events` prints it: one line of JSON. Throws as `decodeAny`. */
export async function anyToGoJson(any: Pick<Any, 'typeUrl' | 'value'>): Promise<string> {
  const decoded = await decodeAny(any)
  return decoded.kind === 'message' ? goJson(decoded.schema, decoded.message) : goJsonText(decoded.value)
}

function isSchemaOf(value: unknown, name: string): value is DescMessage {
  const desc = value as Partial<DescMessage> | undefined
  return desc?.kind === 'message' && desc.typeName === name
}
