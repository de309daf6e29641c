// SPDX-License-Identifier: Apache-2.0
import { preciseTime } from '@containerd-ts/api'
import type {
  CallOptions,
  DeletedProcess,
  Exit,
  KillOptions,
  Namespace,
  NewExec,
  PidInfo,
  ProcessState,
  Task,
  TypedAny,
} from '@containerd-ts/core'
import { checkIdentifier } from '@containerd-ts/core'
import { InvalidArgumentError, NotFoundError } from '@containerd-ts/errdefs'
import { deadline } from '@containerd-ts/lifecycle'
import { fromAny, fromExitedAt, fromStatus, toAny } from '@containerd-ts/wire'
import type { Shim } from './shim.ts'
import type { TaskCalls } from './task-api.ts'

/** Runs `work` in the task's turn: create, start and delete of one task never overlap. */
export type InOrder = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>

/** A task behind a shim's task API. */
export class ShimTask implements Task {
  readonly id: string
  readonly namespace: Namespace
  readonly runtime: string
  readonly shim: Shim
  readonly #inOrder: InOrder
  readonly #stateMs: number
  #pid: number

  constructor(shim: Shim, runtime: string, pid: number, stateMs: number, inOrder: InOrder) {
    this.id = shim.id
    this.namespace = shim.namespace
    this.runtime = runtime
    this.shim = shim
    this.#pid = pid
    this.#stateMs = stateMs
    this.#inOrder = inOrder
  }

  get pid(): number {
    return this.#pid
  }

  async start(execId?: string, options: CallOptions = {}): Promise<number> {
    const run = async (): Promise<number> => {
      const { pid } = await this.#calls.start({ id: this.id, execId: execId ?? '' }, callOptions(options))
      if (execId === undefined) this.#pid = pid
      return pid
    }
    // Only the init's start waits its turn: an exec must not be held up by a start that waits for a reader of its FIFO.
    return execId === undefined ? await this.#inOrder(run, options.signal) : await run()
  }

  async state(execId?: string, options: CallOptions = {}): Promise<ProcessState> {
    using limit = deadline(this.#stateMs, options.signal, `state of task ${this.id}`)
    try {
      const state = await this.#calls.state({ id: this.id, execId: execId ?? '' }, { signal: limit.signal })
      const { id, pid, stdin, stdout, stderr, terminal, exitStatus, exitedAt } = state
      const at = preciseTime(exitedAt)
      const exit = at === undefined ? undefined : { status: exitStatus, at }
      return { id, pid, status: fromStatus(state.status), stdin, stdout, stderr, terminal, exit }
    } catch (error) {
      if (this.shim.api.isLost(error)) throw new NotFoundError(`task ${this.id} not found`, { cause: error })
      throw error
    }
  }

  async exec(exec: NewExec, options: CallOptions = {}): Promise<void> {
    const { execId, stdin, stdout, stderr, terminal, spec } = exec
    checkExecId(execId)
    const request = {
      id: this.id,
      execId,
      stdin,
      stdout,
      stderr,
      terminal,
      ...(spec !== undefined && { spec: toAny(spec) }),
    }
    await this.#calls.exec(request, callOptions(options))
  }

  async deleteExec(execId: string, options: CallOptions = {}): Promise<DeletedProcess> {
    checkExecId(execId)
    const { pid, exitStatus, exitedAt } = await this.#calls.delete({ id: this.id, execId }, callOptions(options))
    return { id: execId, pid, exit: { status: exitStatus, at: fromExitedAt(exitedAt) } }
  }

  async kill(signal: number, options: KillOptions = {}): Promise<void> {
    const { execId = '', all = false } = options
    await this.#calls.kill({ id: this.id, execId, signal, all: execId === '' && all }, callOptions(options))
  }

  async pause(options: CallOptions = {}): Promise<void> {
    await this.#calls.pause({ id: this.id }, callOptions(options))
  }

  async resume(options: CallOptions = {}): Promise<void> {
    await this.#calls.resume({ id: this.id }, callOptions(options))
  }

  async resizePty(
    size: { readonly width: number; readonly height: number },
    execId?: string,
    options: CallOptions = {},
  ): Promise<void> {
    const { width, height } = size
    await this.#calls.resizePty({ id: this.id, execId: execId ?? '', width, height }, callOptions(options))
  }

  async closeStdin(execId?: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.closeIO({ id: this.id, execId: execId ?? '', stdin: true }, callOptions(options))
  }

  async pids(options: CallOptions = {}): Promise<readonly PidInfo[]> {
    const { processes } = await this.#calls.pids({ id: this.id }, callOptions(options))
    return processes.map(({ pid, info }) => ({ pid, info: fromAny(info) }))
  }

  async checkpoint(path: string, checkpointOptions?: TypedAny, options: CallOptions = {}): Promise<void> {
    const any = checkpointOptions === undefined ? {} : { options: toAny(checkpointOptions) }
    await this.#calls.checkpoint({ id: this.id, path, ...any }, callOptions(options))
  }

  async update(
    resources: TypedAny,
    annotations: Readonly<Record<string, string>> = {},
    options: CallOptions = {},
  ): Promise<void> {
    await this.#calls.update(
      { id: this.id, resources: toAny(resources), annotations: { ...annotations } },
      callOptions(options),
    )
  }

  async stats(options: CallOptions = {}): Promise<TypedAny> {
    const { stats } = await this.#calls.stats({ id: this.id }, callOptions(options))
    const any = fromAny(stats)
    if (any === undefined) throw NotFoundError.of('metrics of task', this.id)
    return any
  }

  /** Outlives the shim: when it is lost, the init's exit is what the clean-up found. */
  async wait(execId?: string, options: CallOptions = {}): Promise<Exit> {
    try {
      const { exitStatus, exitedAt } = await this.#calls.wait(
        { id: this.id, execId: execId ?? '' },
        callOptions(options),
      )
      return { status: exitStatus, at: fromExitedAt(exitedAt) }
    } catch (error) {
      if (execId !== undefined || this.shim.joined || !this.shim.api.isLost(error)) throw error
      const outcome = await this.shim.cleanUp()
      if (outcome === undefined) throw error
      return outcome.exit
    }
  }

  get #calls(): TaskCalls {
    return this.shim.api.calls
  }
}

const callOptions = ({ signal }: CallOptions): { signal?: AbortSignal } => (signal === undefined ? {} : { signal })

function checkExecId(execId: string): void {
  if (execId === '') throw new InvalidArgumentError('exec id cannot be empty')
  checkIdentifier(execId)
}
