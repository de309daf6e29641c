// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import type { Any } from '@bufbuild/protobuf/wkt'
import { InvalidArgumentError } from '@containerd-ts/errdefs'

const runtimeSpec = 'types.containerd.io/opencontainers/runtime-spec/1'

/** Type URLs whose values are JSON. The `1` is the major version of the runtime spec. */
export const JsonType = {
  Spec: `${runtimeSpec}/Spec`,
  Process: `${runtimeSpec}/Process`,
  LinuxResources: `${runtimeSpec}/LinuxResources`,
  WindowsResources: `${runtimeSpec}/WindowsResources`,
  Features: `${runtimeSpec}/features/Features`,
} as const

export type JsonType = (typeof JsonType)[keyof typeof JsonType]

const jsonTypes: ReadonlySet<string> = new Set(Object.values(JsonType))

/** Whether the type URL names a JSON type. These match as a whole: a prefix makes another type of it. */
export const isJsonType = (typeUrl: string): typeUrl is JsonType => jsonTypes.has(typeUrl)

/** Packs a JSON value under its type URL. */
export function packJson(typeUrl: JsonType, value: unknown): Any {
  return create(AnySchema, { typeUrl, value: new TextEncoder().encode(JSON.stringify(value)) })
}

/**
 * The JSON value in `any`, yet to be validated, or undefined when it holds another type.
 *
 * @throws {InvalidArgumentError} the bytes are no JSON
 */
export function unpackJson(typeUrl: JsonType, any: Any | undefined): unknown {
  if (any?.typeUrl !== typeUrl) return undefined
  return parseJson(any)
}

/** @throws {InvalidArgumentError} the bytes are no JSON */
export function parseJson(any: Pick<Any, 'typeUrl' | 'value'>): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(any.value))
  } catch (cause) {
    throw new InvalidArgumentError(`decode ${any.typeUrl}`, { cause })
  }
}
