// SPDX-License-Identifier: Apache-2.0
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import type { Leases } from '@containerd-ts/api/services/leases/v1/leases_pb'
import { parseFilters } from '@containerd-ts/core'
import type { LeaseManager, Namespace } from '@containerd-ts/core'
import { toLease } from '@containerd-ts/wire'
import { namespaceOf, optionsOf } from './call.ts'
import { collect } from './collect.ts'
import { required } from './required.ts'

/** containerd.services.leases.v1.Leases */
export function leasesService(leases: { in(namespace: Namespace): LeaseManager }): ServiceImpl<typeof Leases> {
  const manager = (context: HandlerContext): LeaseManager => leases.in(namespaceOf(context))
  return {
    async create({ id, labels }, context) {
      return { lease: toLease(await manager(context).create({ id, labels }, optionsOf(context))) }
    },

    async delete({ id, sync }, context) {
      await manager(context).delete(id, { ...optionsOf(context), synchronous: sync })
      return {}
    },

    async list({ filters }, context) {
      return { leases: await collect(manager(context).list(parseFilters(filters), optionsOf(context)), toLease) }
    },

    async addResource({ id, resource }, context) {
      const { type, id: resourceId } = required(resource, 'resource')
      await manager(context).addResource(id, { type, id: resourceId }, optionsOf(context))
      return {}
    },

    async deleteResource({ id, resource }, context) {
      const { type, id: resourceId } = required(resource, 'resource')
      await manager(context).deleteResource(id, { type, id: resourceId }, optionsOf(context))
      return {}
    },

    async listResources({ id }, context) {
      const found = manager(context).resources(id, optionsOf(context))
      return { resources: await collect(found, (resource) => ({ type: resource.type, id: resource.id })) }
    },
  }
}
