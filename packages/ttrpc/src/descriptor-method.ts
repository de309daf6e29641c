// SPDX-License-Identifier: Apache-2.0
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { DescMessage, DescMethod, MessageInitShape } from '@bufbuild/protobuf'
import type { Codec, Method } from './method.ts'

/** A method of a generated service. */
export const methodOf = (method: DescMethod): Method => ({
  service: method.parent.typeName,
  name: method.name,
  kind: method.methodKind,
  input: codecOf(method.input),
  output: codecOf(method.output),
})

const codecOf = (schema: DescMessage): Codec<unknown> => ({
  decode: (bytes) => fromBinary(schema, bytes),
  encode: (message) => toBinary(schema, create(schema, message as MessageInitShape<DescMessage>)),
})
