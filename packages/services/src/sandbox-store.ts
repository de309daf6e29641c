// SPDX-License-Identifier: Apache-2.0
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import type { Store } from '@containerd-ts/api/services/sandbox/v1/sandbox_pb'
import { parseFilters } from '@containerd-ts/core'
import type { Metadata, SandboxStore } from '@containerd-ts/core'
import { fromSandbox, toSandbox } from '@containerd-ts/wire'
import { namespaceOf, optionsOf } from './call.ts'
import { collect } from './collect.ts'
import { required } from './required.ts'

/** containerd.services.sandbox.v1.Store */
export function sandboxStoreService(metadata: Metadata): ServiceImpl<typeof Store> {
  const store = (context: HandlerContext): SandboxStore => metadata.in(namespaceOf(context)).sandboxes
  return {
    async create(request, context) {
      const sandbox = fromSandbox(required(request.sandbox, 'sandbox'))
      return { sandbox: toSandbox(await store(context).create(sandbox, optionsOf(context))) }
    },

    async update(request, context) {
      const sandbox = fromSandbox(required(request.sandbox, 'sandbox'))
      return { sandbox: toSandbox(await store(context).update(sandbox, request.fields, optionsOf(context))) }
    },

    async delete({ sandboxId }, context) {
      await store(context).delete(sandboxId, optionsOf(context))
      return {}
    },

    async list({ filters }, context) {
      return { list: await collect(store(context).list(parseFilters(filters), optionsOf(context)), toSandbox) }
    },

    async get({ sandboxId }, context) {
      return { sandbox: toSandbox(await store(context).get(sandboxId, optionsOf(context))) }
    },
  }
}
