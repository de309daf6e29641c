// SPDX-License-Identifier: Apache-2.0
// A daemon reduced to its task manager, driven line by line over stdin and stdout, so that tests can kill it.
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { deserialize, serialize } from 'node:v8'
import { Events } from '@containerd-ts/api/services/ttrpc/events/v1/events_pb'
import type { Namespace, NewExec, NewTask, Task } from '@containerd-ts/core'
import { NotFoundError, toWireStatus } from '@containerd-ts/errdefs'
import { KernelMounter } from '@containerd-ts/mount'
import { native } from '@containerd-ts/native-sys'
import { ShimTaskManager, type ShimTimeouts } from '@containerd-ts/runtime-v2'
import { sameOwner, TtrpcServer } from '@containerd-ts/ttrpc'
import { createRegistry } from '@bufbuild/protobuf'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import { file_events_task } from '@containerd-ts/api/events/task_pb'

/** An event, from a shim or from the manager itself, in the shape tests compare. */
export interface SeenEvent {
  readonly topic: string
  readonly from: 'shim' | 'manager'
  readonly containerId: string
  readonly id?: string | undefined
  readonly execId?: string | undefined
  readonly pid?: number | undefined
  readonly exitStatus?: number | undefined
}

export interface DriverConfig {
  readonly dir: string
  readonly timeouts?: Partial<ShimTimeouts>
}

/** What a line asks for; the answer carries the same number. */
export interface DriverRequest {
  readonly number: number
  readonly namespace: string
  readonly id: string
  readonly method: string
  readonly args: readonly unknown[]
}

const config = deserialize(Buffer.from(process.argv[2] ?? '', 'base64')) as DriverConfig
const events: SeenEvent[] = []
const registry = createRegistry(file_events_task)

const server = new TtrpcServer({ allowPeer: sameOwner(native) }).register(Events, {
  forward: ({ envelope }) => {
    const message = envelope?.event === undefined ? undefined : anyUnpack(envelope.event, registry)
    events.push({ ...(message as unknown as SeenEvent), topic: envelope?.topic ?? '', from: 'shim' })
    return {}
  },
})
const ttrpcAddress = `${config.dir}/d.sock.ttrpc`
await rm(ttrpcAddress, { force: true })
await server.listen({ path: ttrpcAddress })

const logLine = (level: string) => (message: string, fields?: object) =>
  process.stderr.write(
    `${level} ${message} ${JSON.stringify(fields, (_key, value: unknown) => (value instanceof Error ? String(value.stack) : value))}\n`,
  )
const logger = {
  trace: logLine('trace'),
  debug: logLine('debug'),
  info: logLine('info'),
  warn: logLine('warn'),
  error: logLine('error'),
  child: () => logger,
}

const manager = await ShimTaskManager.open({
  rootDir: `${config.dir}/root`,
  stateDir: `${config.dir}/state`,
  daemon: {
    grpcAddress: `${config.dir}/d.sock`,
    ttrpcAddress,
    containerdBinary: '/usr/bin/containerd',
    containerdVersion: '2.3.4',
    socketDir: `${config.dir}/s`,
  },
  events: {
    publish: (_namespace, event) => {
      events.push({ ...(event as unknown as SeenEvent), from: 'manager' })
      return Promise.resolve()
    },
  },
  mounter: new KernelMounter(),
  logger,
  timeouts: config.timeouts,
  sandboxes: {
    exists: (_namespace, sandboxId) => Promise.resolve(sandboxId === 'pod'),
    endpoint: (_namespace, sandboxId) => Promise.reject(NotFoundError.of('sandbox', sandboxId)),
  },
})

async function perform({ namespace, id, method, args }: DriverRequest): Promise<unknown> {
  const ns = namespace as Namespace
  switch (method) {
    case 'events':
      return events
    case 'list':
      return manager.list(ns).map((task) => ({ id: task.id, pid: task.pid }))
    case 'create':
      return { pid: (await manager.create(ns, { ...(args[0] as NewTask), id })).pid }
    case 'delete':
      return await manager.delete(ns, id)
    case 'runtimeInfo':
      return await manager.runtimeInfo(String(args[0]))
    case 'close':
      return await manager[Symbol.asyncDispose]()
    case 'exec':
      return await manager.get(ns, id).exec(args[0] as NewExec)
    default: {
      const task = manager.get(ns, id)
      const call = task[method as keyof Task] as unknown
      return typeof call === 'function'
        ? await (call as (...a: readonly unknown[]) => unknown).apply(task, [...args])
        : call
    }
  }
}

const answer = (value: unknown): void => void process.stdout.write(`${serialize(value).toString('base64')}\n`)
answer({ ready: true })
for await (const line of createInterface({ input: process.stdin })) {
  const request = deserialize(Buffer.from(line, 'base64')) as DriverRequest
  perform(request).then(
    (value) => answer({ number: request.number, value }),
    (error: unknown) => answer({ number: request.number, error: toWireStatus(error) }),
  )
}
process.exit(0)
