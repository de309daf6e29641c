// SPDX-License-Identifier: Apache-2.0
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import type { Mounts } from '@containerd-ts/api/services/mounts/v1/mounts_pb'
import type { MountManager, Namespace } from '@containerd-ts/core'
import { UnimplementedError } from '@containerd-ts/errdefs'
import { fromMount, toActivation } from '@containerd-ts/wire'
import { namespaceOf, optionsOf } from './call.ts'

/** containerd.services.mounts.v1.Mounts */
export function mountsService(managers: { in(namespace: Namespace): MountManager }): ServiceImpl<typeof Mounts> {
  const manager = (context: HandlerContext): MountManager => managers.in(namespaceOf(context))
  return {
    async activate({ name, mounts, labels, temporary }, context) {
      const options = { ...optionsOf(context), labels, temporary }
      return { info: toActivation(await manager(context).activate(name, mounts.map(fromMount), options)) }
    },

    async deactivate({ name }, context) {
      await manager(context).deactivate(name, optionsOf(context))
      return {}
    },

    async info({ name }, context) {
      return { info: toActivation(await manager(context).info(name, optionsOf(context))) }
    },

    update() {
      throw new UnimplementedError('update of a mount activation')
    },

    /** Filters are not looked at, as in the original. */
    async *list(_request, context) {
      for await (const activation of manager(context).list(optionsOf(context))) yield { info: toActivation(activation) }
    },
  }
}
