// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { Store } from '@containerd-ts/api/services/sandbox/v1/sandbox_pb'
import type { SandboxStore } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { fromSandbox, toSandbox } from '@containerd-ts/wire'
import { present } from './present.ts'
import { filterTexts } from './scope.ts'
import type { Scope } from './scope.ts'

/** The daemon's sandbox records, as a store. */
export function sandboxesProxy(transport: Transport, scope: Scope): SandboxStore {
  const client = createClient(Store, transport)
  return {
    async get(sandboxId, options) {
      const { sandbox } = await client.get({ sandboxId }, scope(options))
      return fromSandbox(present(sandbox, 'sandbox'))
    },

    async *list(filters, options) {
      const { list } = await client.list({ filters: filterTexts(filters) }, scope(options))
      yield* list.map(fromSandbox)
    },

    async create(sandbox, options) {
      const response = await client.create({ sandbox: toSandbox(sandbox) }, scope(options))
      return fromSandbox(present(response.sandbox, 'sandbox'))
    },

    async update(sandbox, paths, options) {
      const response = await client.update({ sandbox: toSandbox(sandbox), fields: [...(paths ?? [])] }, scope(options))
      return fromSandbox(present(response.sandbox, 'sandbox'))
    },

    async delete(sandboxId, options) {
      await client.delete({ sandboxId }, scope(options))
    },
  }
}
