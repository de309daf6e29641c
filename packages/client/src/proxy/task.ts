// SPDX-License-Identifier: Apache-2.0
import type { Client } from '@connectrpc/connect'
import { isZeroTimestamp } from '@containerd-ts/api'
import type { Tasks } from '@containerd-ts/api/services/tasks/v1/tasks_pb'
import type {
  CallOptions,
  DeletedProcess,
  Exit,
  KillOptions,
  Namespace,
  NewExec,
  PidInfo,
  ProcessState,
  TypedAny,
} from '@containerd-ts/core'
import { fromAny, fromExitedAt, fromProcess, toAny } from '@containerd-ts/wire'
import { present } from './present.ts'
import type { Scope } from './scope.ts'

/** One task in the daemon. */
export class TaskProxy {
  readonly id: string
  /** Pid of the init. */
  readonly pid: number
  readonly namespace: Namespace
  readonly #client: Client<typeof Tasks>
  readonly #scope: Scope

  constructor(
    client: Client<typeof Tasks>,
    namespace: Namespace,
    scope: Scope,
    { id, pid }: { readonly id: string; readonly pid: number },
  ) {
    this.#client = client
    this.#scope = scope
    this.namespace = namespace
    this.id = id
    this.pid = pid
  }

  async start(execId = '', options?: CallOptions): Promise<number> {
    const { pid } = await this.#client.start({ containerId: this.id, execId }, this.#scope(options))
    return pid
  }

  async state(execId = '', options?: CallOptions): Promise<ProcessState> {
    const { process } = await this.#client.get({ containerId: this.id, execId }, this.#scope(options))
    return fromProcess(present(process, 'process'))
  }

  async exec({ spec, ...exec }: NewExec, options?: CallOptions): Promise<void> {
    const any = spec === undefined ? {} : { spec: toAny(spec) }
    await this.#client.exec({ containerId: this.id, ...exec, ...any }, this.#scope(options))
  }

  /** Ends the task, or removes the exec of that id. */
  async delete(execId = '', options?: CallOptions): Promise<DeletedProcess> {
    const request = { containerId: this.id, execId }
    const response =
      execId === ''
        ? await this.#client.delete(request, this.#scope(options))
        : await this.#client.deleteProcess(request, this.#scope(options))
    const exit = { status: response.exitStatus, at: fromExitedAt(response.exitedAt) }
    return { id: response.id === '' ? this.id : response.id, pid: response.pid, exit }
  }

  async kill(signal: number, options?: KillOptions): Promise<void> {
    const request = { containerId: this.id, execId: options?.execId ?? '', signal, all: options?.all ?? false }
    await this.#client.kill(request, this.#scope(options))
  }

  async pause(options?: CallOptions): Promise<void> {
    await this.#client.pause({ containerId: this.id }, this.#scope(options))
  }

  async resume(options?: CallOptions): Promise<void> {
    await this.#client.resume({ containerId: this.id }, this.#scope(options))
  }

  async resizePty(
    size: { readonly width: number; readonly height: number },
    execId = '',
    options?: CallOptions,
  ): Promise<void> {
    await this.#client.resizePty({ containerId: this.id, execId, ...size }, this.#scope(options))
  }

  async closeStdin(execId = '', options?: CallOptions): Promise<void> {
    await this.#client.closeIO({ containerId: this.id, execId, stdin: true }, this.#scope(options))
  }

  async pids(options?: CallOptions): Promise<readonly PidInfo[]> {
    const { processes } = await this.#client.listPids({ containerId: this.id }, this.#scope(options))
    return processes.map(({ pid, info }) => ({ pid, info: fromAny(info) }))
  }

  async update(
    resources: TypedAny,
    annotations: Readonly<Record<string, string>> = {},
    options?: CallOptions,
  ): Promise<void> {
    const request = { containerId: this.id, resources: toAny(resources), annotations: { ...annotations } }
    await this.#client.update(request, this.#scope(options))
  }

  async wait(execId = '', options?: CallOptions): Promise<Exit> {
    const { exitStatus, exitedAt } = await this.#client.wait({ containerId: this.id, execId }, this.#scope(options))
    const at = isZeroTimestamp(exitedAt) ? { date: new Date(), nanos: 0 } : fromExitedAt(exitedAt)
    return { status: exitStatus, at }
  }
}
