// SPDX-License-Identifier: Apache-2.0
export { isMessage, packMessage, typeNameOf, unpackMessage } from './any.ts'
export { maskPaths, splitFieldPath, toFieldMask } from './field-mask.ts'
export { goJson } from './go-json.ts'
export { isJsonType, JsonType, packJson, parseJson, unpackJson } from './json-any.ts'
export { fromTimestamp, isZeroTimestamp, preciseTime, toTimestamp } from './timestamp.ts'
export type { PreciseTime } from './timestamp.ts'
