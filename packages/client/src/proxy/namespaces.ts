// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { toFieldMask } from '@containerd-ts/api'
import { Namespaces } from '@containerd-ts/api/services/namespaces/v1/namespace_pb'
import { parseNamespace } from '@containerd-ts/core'
import type { NamespaceStore } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import type { Scope } from './scope.ts'

/** The daemon's namespaces, as a store. */
export function namespacesProxy(transport: Transport, scope: Scope): NamespaceStore {
  const client = createClient(Namespaces, transport)
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
      await client.create({ namespace: { name, labels: { ...labels } } }, scope(options))
    },

    async update(name, labels, paths, options) {
      const mask = toFieldMask(paths)
      const request = {
        namespace: { name, labels: { ...labels } },
        ...(mask === undefined ? {} : { updateMask: mask }),
      }
      await client.update(request, scope(options))
    },

    async delete(name, options) {
      await client.delete({ name }, scope(options))
    },
  }
}
