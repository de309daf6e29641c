// SPDX-License-Identifier: Apache-2.0
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import type { Tasks } from '@containerd-ts/api/services/tasks/v1/tasks_pb'
import { checkIdentifier } from '@containerd-ts/core'
import type {
  DeprecationLog,
  Differ,
  Metadata,
  NamespaceView,
  ProcessState,
  Task,
  TaskManager,
  TaskMonitor,
} from '@containerd-ts/core'
import { deadline } from '@containerd-ts/lifecycle'
import { InvalidArgumentError, isDeadlineExceeded, isNotFound, isUnavailable } from '@containerd-ts/errdefs'
import { fromAny, toAny, toExitedAt, toProcess } from '@containerd-ts/wire'
import { namespaceOf, optionsOf } from './call.ts'
import { HeldCheckpoints } from './held-checkpoints.ts'
import { checkpointTask } from './task-checkpoint.ts'
import type { CheckpointStores } from './task-checkpoint.ts'
import { prepareTask } from './task-create.ts'
import { taskMetrics } from './task-metrics.ts'
import { required } from './required.ts'

export interface TasksServiceOptions {
  readonly metadata: Metadata
  readonly tasks: TaskManager
  readonly monitor: TaskMonitor
  /** Makes and opens archives of checkpoints. */
  readonly differ: Differ
  /** How long the state of one process may take to answer, in milliseconds. */
  readonly stateTimeoutMs: number
  /** Where the use of options on their way out is noted; nowhere unless given. */
  readonly deprecations?: DeprecationLog | undefined
}

/** containerd.services.tasks.v1.Tasks */
export function tasksService(init: TasksServiceOptions): ServiceImpl<typeof Tasks> {
  const { metadata, tasks, monitor, differ } = init
  const checkpoints = new HeldCheckpoints()
  for (const task of tasks.list()) monitor.monitor(task) // of an earlier daemon
  const storesOf = ({ content }: NamespaceView): CheckpointStores => ({ content, differ })

  /** The container record first, then the task: each has its own NotFound. */
  const find = async ({ containerId }: { readonly containerId: string }, context: HandlerContext): Promise<Task> => {
    const namespace = namespaceOf(context)
    await metadata.in(namespace).containers.get(containerId, optionsOf(context))
    return tasks.get(namespace, containerId)
  }
  const stateOf = async (task: Task, execId: string | undefined, context: HandlerContext): Promise<ProcessState> => {
    using limit = deadline(init.stateTimeoutMs, context.signal, `state of task ${task.id}`)
    return await task.state(execId, { signal: limit.signal })
  }

  return {
    async create(request, context) {
      const namespace = namespaceOf(context)
      const options = optionsOf(context)
      const view = metadata.in(namespace)
      const container = await view.containers.get(request.containerId, options)
      await using prepared = await prepareTask(request, container, storesOf(view), options, init.deprecations)
      const task = await tasks.create(namespace, prepared.task, options)
      monitor.monitor(task, { runtime: task.runtime })
      if (prepared.startAtOnce) await task.start(undefined, options)
      else if (prepared.task.checkpoint !== undefined) checkpoints.keep(task, prepared.takeOver())
      return { containerId: request.containerId, pid: task.pid }
    },

    async start(request, context) {
      const task = await find(request, context)
      const pid = await task.start(given(request.execId), optionsOf(context))
      if (request.execId === '') await checkpoints.release(task)
      return { pid }
    },

    async delete(request, context) {
      const task = await find(request, context)
      monitor.stop(task)
      const { pid, exit } = await tasks.delete(task.namespace, task.id, optionsOf(context))
      await checkpoints.release(task)
      return { pid, exitStatus: exit.status, exitedAt: toExitedAt(exit) }
    },

    async deleteProcess(request, context) {
      const task = await find(request, context)
      if (request.execId === '') throw new InvalidArgumentError('exec id cannot be empty')
      const { id, pid, exit } = await task.deleteExec(request.execId, optionsOf(context))
      return { id, pid, exitStatus: exit.status, exitedAt: toExitedAt(exit) }
    },

    async get(request, context) {
      const task = await find(request, context)
      const execId = given(request.execId)
      try {
        return { process: toProcess(await stateOf(task, execId, context)) }
      } catch (error) {
        if (isNotFound(error) || isUnavailable(error) || isDeadlineExceeded(error)) throw error
        return { process: toProcess(unknownState(task, execId)) }
      }
    },

    async list(_request, context) {
      const states = tasks.list(namespaceOf(context)).map((task) => stateOf(task, undefined, context))
      const settled = await Promise.allSettled(states)
      return { tasks: settled.flatMap((result) => (result.status === 'fulfilled' ? [toProcess(result.value)] : [])) }
    },

    async kill(request, context) {
      const task = await find(request, context)
      await task.kill(request.signal, { ...optionsOf(context), execId: given(request.execId), all: request.all })
      return {}
    },

    async exec(request, context) {
      if (request.execId === '') throw new InvalidArgumentError('exec id cannot be empty')
      checkIdentifier(request.execId)
      const { execId, stdin, stdout, stderr, terminal } = request
      const task = await find(request, context)
      await task.exec({ execId, stdin, stdout, stderr, terminal, spec: fromAny(request.spec) }, optionsOf(context))
      return {}
    },

    async resizePty(request, context) {
      const task = await find(request, context)
      await task.resizePty({ width: request.width, height: request.height }, given(request.execId), optionsOf(context))
      return {}
    },

    async closeIO(request, context) {
      const task = await find(request, context)
      if (request.stdin) await task.closeStdin(given(request.execId), optionsOf(context))
      return {}
    },

    async pause(request, context) {
      await (await find(request, context)).pause(optionsOf(context))
      return {}
    },

    async resume(request, context) {
      await (await find(request, context)).resume(optionsOf(context))
      return {}
    },

    async listPids(request, context) {
      const pids = await (await find(request, context)).pids(optionsOf(context))
      return { processes: pids.map(({ pid, info }) => (info === undefined ? { pid } : { pid, info: toAny(info) })) }
    },

    async checkpoint(request, context) {
      const task = await find(request, context)
      const view = metadata.in(task.namespace)
      const container = await view.containers.get(task.id, optionsOf(context))
      return {
        descriptors: await checkpointTask(
          task,
          container,
          storesOf(view),
          fromAny(request.options),
          optionsOf(context),
        ),
      }
    },

    async update(request, context) {
      const task = await find(request, context)
      await task.update(required(fromAny(request.resources), 'resources'), request.annotations, optionsOf(context))
      return {}
    },

    async metrics({ filters }, context) {
      return { metrics: await taskMetrics(tasks.list(namespaceOf(context)), filters, optionsOf(context)) }
    },

    async wait(request, context) {
      const exit = await (await find(request, context)).wait(given(request.execId), optionsOf(context))
      return { exitStatus: exit.status, exitedAt: toExitedAt(exit) }
    },
  }
}

const given = (text: string): string | undefined => (text === '' ? undefined : text)

const unknownState = (task: Task, execId: string | undefined): ProcessState => ({
  id: execId ?? task.id,
  pid: task.pid,
  status: 'unknown',
  stdin: '',
  stdout: '',
  stderr: '',
  terminal: false,
})
