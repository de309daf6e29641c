// SPDX-License-Identifier: Apache-2.0
import type { ServiceImpl } from '@connectrpc/connect'
import { toTimestamp } from '@containerd-ts/api'
import type { Controller } from '@containerd-ts/api/services/sandbox/v1/sandbox_pb'
import type { EventPublisher, Metadata, Sandbox, SandboxController } from '@containerd-ts/core'
import { InvalidArgumentError, isNotFound, NotFoundError, UnknownError } from '@containerd-ts/errdefs'
import { fromAny, fromMount, fromSandbox, toAny, toExitedAt } from '@containerd-ts/wire'
import type { HandlerContext } from '@connectrpc/connect'
import { namespaceOf, optionsOf } from './call.ts'
import { required } from './required.ts'

export interface SandboxControllerOptions {
  readonly metadata: Metadata
  /** By the name that clients give. */
  readonly controllers: ReadonlyMap<string, SandboxController>
  readonly events: EventPublisher
}

/** containerd.services.sandbox.v1.Controller */
export function sandboxControllerService(init: SandboxControllerOptions): ServiceImpl<typeof Controller> {
  const { metadata, controllers, events } = init

  const pick = ({ sandboxer }: { readonly sandboxer: string }): SandboxController => {
    if (sandboxer === '') throw new InvalidArgumentError('sandbox controller name must not be empty')
    const controller = controllers.get(sandboxer)
    if (controller === undefined) throw new NotFoundError(`not found: failed to get sandbox controller by ${sandboxer}`)
    return controller
  }
  /** The record of a sandbox, which its client writes before it creates the sandbox. */
  const recordOf = async (id: string, context: HandlerContext): Promise<Sandbox | undefined> => {
    try {
      return await metadata.in(namespaceOf(context)).sandboxes.get(id, optionsOf(context))
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  return {
    async create(request, context) {
      const { sandboxId: id, rootfs, netnsPath, annotations } = request
      const namespace = namespaceOf(context)
      const given = request.sandbox === undefined ? undefined : fromSandbox(request.sandbox)
      const sandbox = given ?? required(await recordOf(id, context), 'sandbox')
      await pick(request).create(
        namespace,
        {
          id,
          runtime: sandbox.runtime.name,
          runtimeOptions: sandbox.runtime.options,
          spec: sandbox.spec,
          rootfs: rootfs.map(fromMount),
          options: fromAny(request.options),
          netnsPath,
          annotations,
        },
        optionsOf(context),
      )
      await events.publish(namespace, { topic: '/sandboxes/create', sandboxId: id })
      return { sandboxId: id }
    },

    async start(request, context) {
      const { sandboxId } = request
      const namespace = namespaceOf(context)
      const { pid, createdAt, spec } = await pick(request).start(namespace, sandboxId, optionsOf(context))
      await events.publish(namespace, { topic: '/sandboxes/start', sandboxId })
      // As the original: address and version are left out.
      return { sandboxId, pid, createdAt: toTimestamp(createdAt), ...(spec === undefined ? {} : { spec: toAny(spec) }) }
    },

    async platform(request, context) {
      const { os, architecture, variant } = await pick(request).platform(
        namespaceOf(context),
        request.sandboxId,
        optionsOf(context),
      )
      return { platform: { os, architecture, variant: variant ?? '' } }
    },

    async stop(request, context) {
      const options = { ...optionsOf(context), timeoutSeconds: request.timeoutSecs }
      await pick(request).stop(namespaceOf(context), request.sandboxId, options)
      return {}
    },

    async wait(request, context) {
      const { sandboxId } = request
      const namespace = namespaceOf(context)
      const exit = await pick(request).wait(namespace, sandboxId, optionsOf(context))
      await events.publish(namespace, {
        topic: '/sandboxes/exit',
        sandboxId,
        exitStatus: exit.status,
        exitedAt: exit.at.date,
      })
      return { exitStatus: exit.status, exitedAt: toExitedAt(exit) }
    },

    async status(request, context) {
      const options = { ...optionsOf(context), verbose: request.verbose }
      const status = await pick(request).status(namespaceOf(context), request.sandboxId, options)
      return {
        sandboxId: status.id,
        pid: status.pid,
        state: status.state,
        info: { ...status.info },
        createdAt: toTimestamp(status.createdAt),
        exitedAt: toTimestamp(status.exitedAt),
        ...(status.extra === undefined ? {} : { extra: toAny(status.extra) }),
        address: status.address,
        version: status.version,
      }
    },

    async shutdown(request, context) {
      await pick(request).shutdown(namespaceOf(context), request.sandboxId, optionsOf(context))
      return {}
    },

    async metrics(request, context) {
      const data = await pick(request).metrics(namespaceOf(context), request.sandboxId, optionsOf(context))
      return { metrics: { id: request.sandboxId, timestamp: toTimestamp(new Date()), data: toAny(data) } }
    },

    async update(request, context) {
      if (request.sandbox === undefined) throw new UnknownError('no sandbox given to update') // the original's code for it
      const sandbox = { ...fromSandbox(request.sandbox), id: request.sandboxId }
      await pick(request).update(namespaceOf(context), sandbox, request.fields, optionsOf(context))
      return {}
    },
  }
}
