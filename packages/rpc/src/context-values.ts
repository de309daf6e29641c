// SPDX-License-Identifier: Apache-2.0
import type { ContextKey, ContextValues } from '@connectrpc/connect'

/** Values that interceptors hand to handlers; Connect's contract without the cost of loading Connect. */
export function createContextValues(): ContextValues {
  const values = new Map<symbol, unknown>()
  const contextValues: ContextValues = {
    get: <T>(key: ContextKey<T>): T => (values.has(key.id) ? (values.get(key.id) as T) : key.defaultValue),
    set: <T>(key: ContextKey<T>, value: T): ContextValues => {
      values.set(key.id, value)
      return contextValues
    },
    delete: (key: ContextKey<unknown>): ContextValues => {
      values.delete(key.id)
      return contextValues
    },
  }
  return contextValues
}
