// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { FieldMaskSchema } from '@bufbuild/protobuf/wkt'
import type { FieldMask } from '@bufbuild/protobuf/wkt'

/** Paths of a mask; undefined when there is no mask or it is empty, which both mean the whole mutable part. */
export const maskPaths = (mask: FieldMask | undefined): readonly string[] | undefined =>
  mask === undefined || mask.paths.length === 0 ? undefined : mask.paths

/** The mask for paths; no paths, no mask. */
export const toFieldMask = (paths: readonly string[] | undefined): FieldMask | undefined =>
  paths === undefined || paths.length === 0 ? undefined : create(FieldMaskSchema, { paths: [...paths] })

/** Splits at the first dot: what follows is one map key, dots, slashes and all. */
export function splitFieldPath(path: string): { readonly field: string; readonly key: string | undefined } {
  const dot = path.indexOf('.')
  return dot < 0 ? { field: path, key: undefined } : { field: path.slice(0, dot), key: path.slice(dot + 1) }
}
