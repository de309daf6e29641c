// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { Controller } from '@containerd-ts/api/services/sandbox/v1/sandbox_pb'
import type { CallOptions, Namespace, Sandbox } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { toSandbox } from '@containerd-ts/wire'
import { scopeOf } from './scope.ts'

/** Runs the sandboxes of one namespace; records are the sandbox store's matter. */
export interface SandboxController {
  /** @throws {UnimplementedError} servers before 2.0 */
  create(sandbox: Sandbox, options?: CallOptions): Promise<void>
  /** Answers the pid. */
  start(sandbox: Pick<Sandbox, 'id' | 'sandboxer'>, options?: CallOptions): Promise<number>
  stop(sandbox: Pick<Sandbox, 'id' | 'sandboxer'>, options?: CallOptions): Promise<void>
  /** Ends it for good and frees what it held. */
  shutdown(sandbox: Pick<Sandbox, 'id' | 'sandboxer'>, options?: CallOptions): Promise<void>
}

export function sandboxControllerProxy(transport: Transport, namespace: Namespace): SandboxController {
  const client = createClient(Controller, transport)
  const scope = scopeOf(namespace)
  return {
    async create(sandbox, options) {
      const { id: sandboxId, sandboxer, spec } = sandbox
      const any = spec === undefined ? {} : { options: { typeUrl: spec.typeUrl, value: spec.value } }
      await client.create({ sandboxId, sandboxer, sandbox: toSandbox(sandbox), ...any }, scope(options))
    },
    async start({ id: sandboxId, sandboxer }, options) {
      return (await client.start({ sandboxId, sandboxer }, scope(options))).pid
    },
    async stop({ id: sandboxId, sandboxer }, options) {
      await client.stop({ sandboxId, sandboxer }, scope(options))
    },
    async shutdown({ id: sandboxId, sandboxer }, options) {
      await client.shutdown({ sandboxId, sandboxer }, scope(options))
    },
  }
}
