// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { Leases } from '@containerd-ts/api/services/leases/v1/leases_pb'
import type { LeaseManager } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { fromLease } from '@containerd-ts/wire'
import { present } from './present.ts'
import { filterTexts } from './scope.ts'
import type { Scope } from './scope.ts'

/** The daemon's leases, as a manager. */
export function leasesProxy(transport: Transport, scope: Scope): LeaseManager {
  const client = createClient(Leases, transport)
  return {
    async create({ id = '', labels = {} }, options) {
      const { lease } = await client.create({ id, labels: { ...labels } }, scope(options))
      return fromLease(present(lease, 'lease'))
    },

    async delete(id, options) {
      await client.delete({ id, sync: options?.synchronous ?? false }, scope(options))
    },

    async *list(filters, options) {
      const { leases } = await client.list({ filters: filterTexts(filters) }, scope(options))
      yield* leases.map(fromLease)
    },

    async addResource(id, resource, options) {
      await client.addResource({ id, resource: { ...resource } }, scope(options))
    },

    async deleteResource(id, resource, options) {
      await client.deleteResource({ id, resource: { ...resource } }, scope(options))
    },

    async *resources(id, options) {
      const { resources } = await client.listResources({ id }, scope(options))
      yield* resources.map((resource) => ({ type: resource.type, id: resource.id }))
    },
  }
}
