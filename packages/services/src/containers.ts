// SPDX-License-Identifier: Apache-2.0
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import { maskPaths } from '@containerd-ts/api'
import type { Containers } from '@containerd-ts/api/services/containers/v1/containers_pb'
import { parseFilters } from '@containerd-ts/core'
import type { ContainerStore, Metadata } from '@containerd-ts/core'
import { fromContainer, toContainer } from '@containerd-ts/wire'
import { namespaceOf, optionsOf } from './call.ts'
import { collect } from './collect.ts'
import { required } from './required.ts'

/** containerd.services.containers.v1.Containers */
export function containersService(metadata: Metadata): ServiceImpl<typeof Containers> {
  const store = (context: HandlerContext): ContainerStore => metadata.in(namespaceOf(context)).containers
  return {
    async get({ id }, context) {
      return { container: toContainer(await store(context).get(id, optionsOf(context))) }
    },

    async list({ filters }, context) {
      const found = store(context).list(parseFilters(filters), optionsOf(context))
      return { containers: await collect(found, toContainer) }
    },

    async *listStream({ filters }, context) {
      for await (const container of store(context).list(parseFilters(filters), optionsOf(context))) {
        yield { container: toContainer(container) }
      }
    },

    async create(request, context) {
      const container = fromContainer(required(request.container, 'container'))
      return { container: toContainer(await store(context).create(container, optionsOf(context))) }
    },

    async update(request, context) {
      const container = fromContainer(required(request.container, 'container'))
      const updated = await store(context).update(container, maskPaths(request.updateMask), optionsOf(context))
      return { container: toContainer(updated) }
    },

    async delete({ id }, context) {
      await store(context).delete(id, optionsOf(context))
      return {}
    },
  }
}
