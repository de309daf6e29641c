// SPDX-License-Identifier: Apache-2.0
import type { Client, Transport } from '@connectrpc/connect'
import { Tasks } from '@containerd-ts/api/services/tasks/v1/tasks_pb'
import type { CreateTaskRequestSchema } from '@containerd-ts/api/services/tasks/v1/tasks_pb'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type {
  CallOptions,
  DeletedProcess,
  Descriptor,
  Mount,
  Namespace,
  ProcessState,
  TaskIo,
  TypedAny,
} from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { fromDescriptor, fromExitedAt, fromProcess, toAny, toDescriptor, toMount } from '@containerd-ts/wire'
import { present } from './present.ts'
import { scopeOf } from './scope.ts'
import type { Scope } from './scope.ts'
import { TaskProxy } from './task.ts'

/** What the daemon needs to make a task of an existing container. */
export interface CreateTask extends Partial<TaskIo> {
  readonly containerId: string
  readonly rootfs?: readonly Mount[] | undefined
  readonly options?: TypedAny | undefined
  readonly checkpoint?: Descriptor | undefined
  readonly runtimePath?: string | undefined
}

export interface TaskMetrics {
  readonly id: string
  readonly data: TypedAny
}

/** Tasks of one namespace. */
export class TasksClient {
  readonly #client: Client<typeof Tasks>
  readonly #namespace: Namespace
  readonly #scope: Scope

  constructor(transport: Transport, namespace: Namespace) {
    this.#client = createClient(Tasks, transport)
    this.#namespace = namespace
    this.#scope = scopeOf(namespace)
  }

  async create(task: CreateTask, options?: CallOptions): Promise<TaskProxy> {
    const request: MessageInitShape<typeof CreateTaskRequestSchema> = {
      containerId: task.containerId,
      rootfs: (task.rootfs ?? []).map(toMount),
      stdin: task.stdin ?? '',
      stdout: task.stdout ?? '',
      stderr: task.stderr ?? '',
      terminal: task.terminal ?? false,
      runtimePath: task.runtimePath ?? '',
      ...(task.options === undefined ? {} : { options: toAny(task.options) }),
      ...(task.checkpoint === undefined ? {} : { checkpoint: toDescriptor(task.checkpoint) }),
    }
    const { pid } = await this.#client.create(request, this.#scope(options))
    return new TaskProxy(this.#client, this.#namespace, this.#scope, { id: task.containerId, pid })
  }

  /** The task of a container. @throws {NotFoundError} */
  async get(containerId: string, options?: CallOptions): Promise<TaskProxy> {
    const { process } = await this.#client.get({ containerId }, this.#scope(options))
    const { pid } = fromProcess(present(process, 'process'))
    return new TaskProxy(this.#client, this.#namespace, this.#scope, { id: containerId, pid })
  }

  /** States of all inits. */
  async list(options?: CallOptions): Promise<readonly ProcessState[]> {
    const { tasks } = await this.#client.list({}, this.#scope(options))
    return tasks.map(fromProcess)
  }

  async delete(containerId: string, options?: CallOptions): Promise<DeletedProcess> {
    const { pid, exitStatus, exitedAt } = await this.#client.delete({ containerId }, this.#scope(options))
    return { id: containerId, pid, exit: { status: exitStatus, at: fromExitedAt(exitedAt) } }
  }

  /** Metrics of the tasks that pass the filters (`id==x`). */
  async metrics(filters: readonly string[], options?: CallOptions): Promise<readonly TaskMetrics[]> {
    const { metrics } = await this.#client.metrics({ filters: [...filters] }, this.#scope(options))
    return metrics.map(({ id, data }) => ({ id, data: present(data, 'metrics') }))
  }

  /** Dumps a task; without an image path in the options the dump lands in the content store. */
  async checkpoint(
    containerId: string,
    checkpointOptions?: TypedAny,
    options?: CallOptions,
  ): Promise<readonly Descriptor[]> {
    const any = checkpointOptions === undefined ? {} : { options: toAny(checkpointOptions) }
    const { descriptors } = await this.#client.checkpoint({ containerId, ...any }, this.#scope(options))
    return descriptors.map(fromDescriptor)
  }
}
