// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import type { Any } from '@bufbuild/protobuf/wkt'
import type { TypedAny } from '@containerd-ts/core'

export const toAny = (any: TypedAny): Any => create(AnySchema, { typeUrl: any.typeUrl, value: any.value })

/** Undefined for an absent Any and for one without type and value, which clients send for nil. */
export const fromAny = (any: Any | undefined): TypedAny | undefined =>
  any === undefined || (any.typeUrl === '' && any.value.length === 0)
    ? undefined
    : { typeUrl: any.typeUrl, value: any.value }

export const toAnyMap = (map: Readonly<Record<string, TypedAny>>): Record<string, Any> =>
  Object.fromEntries(Object.entries(map).map(([key, any]) => [key, toAny(any)]))

export const fromAnyMap = (map: Readonly<Record<string, Any>>): Record<string, TypedAny> =>
  Object.fromEntries(Object.entries(map).map(([key, { typeUrl, value }]) => [key, { typeUrl, value }]))
