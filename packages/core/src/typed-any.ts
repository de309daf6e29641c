// SPDX-License-Identifier: Apache-2.0
/**
 * A typed value whose type this layer does not know: a type URL and its encoding.
 * By convention the URL of a protobuf message is its bare full name, and JSON types lie under
 * `types.containerd.io/`. Encoding and decoding belong to package `api`.
 */
export interface TypedAny {
  readonly typeUrl: string
  readonly value: Uint8Array
}
