// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { fromTimestamp } from '@containerd-ts/api'
import { Controller } from '@containerd-ts/api/services/sandbox/v1/sandbox_pb'
import type { CallOptions, Namespace, NewSandboxRun, SandboxController } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { fromAny, fromExitedAt, toAny, toMount, toSandbox } from '@containerd-ts/wire'
import { present } from './present.ts'
import { scopeOf } from './scope.ts'

/** A sandbox controller in another process, under the name by which it knows itself. */
export function sandboxBackendProxy(transport: Transport, sandboxer: string): SandboxController {
  const client = createClient(Controller, transport)
  const within = (namespace: Namespace, options: CallOptions | undefined) => scopeOf(namespace)(options)
  return {
    async create(namespace, sandbox, options) {
      await client.create(createRequest(sandbox, sandboxer), within(namespace, options))
    },

    async start(namespace, sandboxId, options) {
      const { pid, createdAt, spec, address, version } = await client.start(
        { sandboxer, sandboxId },
        within(namespace, options),
      )
      return { pid, createdAt: fromTimestamp(createdAt) ?? new Date(0), spec: fromAny(spec), address, version }
    },

    async platform(namespace, sandboxId, options) {
      const { platform } = await client.platform({ sandboxer, sandboxId }, within(namespace, options))
      const { os, architecture, variant } = present(platform, 'platform')
      return { os, architecture, ...(variant === '' ? {} : { variant }) }
    },

    async stop(namespace, sandboxId, options) {
      const timeoutSecs = options?.timeoutSeconds ?? 0
      await client.stop({ sandboxer, sandboxId, timeoutSecs }, within(namespace, options))
    },

    async wait(namespace, sandboxId, options) {
      const { exitStatus, exitedAt } = await client.wait({ sandboxer, sandboxId }, within(namespace, options))
      return { status: exitStatus, at: fromExitedAt(exitedAt) }
    },

    async status(namespace, sandboxId, options) {
      const verbose = options?.verbose ?? false
      const status = await client.status({ sandboxer, sandboxId, verbose }, within(namespace, options))
      return {
        id: status.sandboxId,
        pid: status.pid,
        state: status.state,
        info: status.info,
        createdAt: fromTimestamp(status.createdAt),
        exitedAt: fromTimestamp(status.exitedAt),
        extra: fromAny(status.extra),
        address: status.address,
        version: status.version,
      }
    },

    async shutdown(namespace, sandboxId, options) {
      await client.shutdown({ sandboxer, sandboxId }, within(namespace, options))
    },

    async metrics(namespace, sandboxId, options) {
      const { metrics } = await client.metrics({ sandboxer, sandboxId }, within(namespace, options))
      return present(fromAny(metrics?.data), 'metrics')
    },

    async update(namespace, sandbox, fields, options) {
      const request = { sandboxer, sandboxId: sandbox.id, sandbox: toSandbox(sandbox), fields: [...fields] }
      await client.update(request, within(namespace, options))
    },
  }
}

const createRequest = (
  { id, runtime, runtimeOptions, spec, rootfs, options, netnsPath, annotations }: NewSandboxRun,
  sandboxer: string,
) => ({
  sandboxer,
  sandboxId: id,
  rootfs: rootfs.map(toMount),
  ...(options === undefined ? {} : { options: toAny(options) }),
  netnsPath,
  annotations: { ...annotations },
  sandbox: toSandbox({ id, sandboxer, runtime: { name: runtime, options: runtimeOptions }, spec }),
})
