// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { toFieldMask } from '@containerd-ts/api'
import { Namespaces } from '@containerd-ts/api/services/namespaces/v1/namespace_pb'
import { parseNamespace } from '@containerd-ts/core'
import type { NamespaceStore } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { scopeOf } from './scope.ts'

/**
 * The daemon's namespaces, as a store. Whoever changes one works in it: servers before 2.0 publish the event of a
 * change in the caller's namespace and fail without one.
 */
export function namespacesProxy(transport: Transport): NamespaceStore {
  const client = createClient(Namespaces, transport)
  const scope = scopeOf()
  return {
    async labels(name, options) {
      const { namespace } = await client.get({ name }, scope(options))
      return namespace?.labels ?? {}
    },

    async *list(options) {
      const { namespaces } = await client.list({}, scope(options))
      yield* namespaces.map(({ name, labels }) => ({ name: parseNamespace(name), labels }))
    },

    async create(name, labels, options) {
      await client.create({ namespace: { name, labels: { ...labels } } }, scopeOf(name)(options))
    },

    async update(name, labels, paths, options) {
      const mask = toFieldMask(paths)
      const request = {
        namespace: { name, labels: { ...labels } },
        ...(mask === undefined ? {} : { updateMask: mask }),
      }
      await client.update(request, scopeOf(name)(options))
    },

    async delete(name, options) {
      await client.delete({ name }, scopeOf(name)(options))
    },
  }
}
