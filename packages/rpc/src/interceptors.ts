// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import type { Interceptor } from '@connectrpc/connect'

type AnyFn = ReturnType<Interceptor>

/** The first interceptor of the list is the outermost. */
export function applyInterceptors(next: AnyFn, interceptors: readonly Interceptor[]): AnyFn {
  return interceptors.reduceRight((inner, interceptor) => interceptor(inner), next)
}

/** Whole messages from what handlers and callers give. `return` reaches the source. */
export function createEach<S extends DescMessage>(
  schema: S,
  source: AsyncIterable<MessageInitShape<S>>,
): AsyncIterable<MessageShape<S>> {
  return {
    [Symbol.asyncIterator]() {
      const from = source[Symbol.asyncIterator]()
      return {
        async next() {
          const result = await from.next()
          return result.done === true
            ? { done: true, value: undefined }
            : { done: false, value: create(schema, result.value) }
        },
        async return() {
          await from.return?.()
          return { done: true, value: undefined }
        },
      }
    },
  }
}
