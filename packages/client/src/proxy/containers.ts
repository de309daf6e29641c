// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { toFieldMask } from '@containerd-ts/api'
import { Containers } from '@containerd-ts/api/services/containers/v1/containers_pb'
import type { ContainerStore } from '@containerd-ts/core'
import { isUnimplemented } from '@containerd-ts/errdefs'
import { createClient } from '@containerd-ts/rpc'
import { fromContainer, toContainer } from '@containerd-ts/wire'
import { present } from './present.ts'
import { filterTexts } from './scope.ts'
import type { Scope } from './scope.ts'

/** The daemon's containers, as a store. */
export function containersProxy(transport: Transport, scope: Scope): ContainerStore {
  const client = createClient(Containers, transport)
  return {
    async get(id, options) {
      const { container } = await client.get({ id }, scope(options))
      return fromContainer(present(container, 'container'))
    },

    async *list(filters, options) {
      const request = { filters: filterTexts(filters) }
      let streamed = false
      try {
        for await (const { container } of client.listStream(request, scope(options))) {
          streamed = true
          yield fromContainer(present(container, 'container'))
        }
      } catch (error) {
        if (streamed || !isUnimplemented(error)) throw error
        const { containers } = await client.list(request, scope(options))
        yield* containers.map(fromContainer)
      }
    },

    async create(container, options) {
      const response = await client.create({ container: toContainer(container) }, scope(options))
      return fromContainer(present(response.container, 'container'))
    },

    async update(container, paths, options) {
      const mask = toFieldMask(paths)
      const request = { container: toContainer(container), ...(mask === undefined ? {} : { updateMask: mask }) }
      const response = await client.update(request, scope(options))
      return fromContainer(present(response.container, 'container'))
    },

    async delete(id, options) {
      await client.delete({ id }, scope(options))
    },
  }
}
