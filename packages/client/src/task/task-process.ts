// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, DeletedProcess, Exit } from '@containerd-ts/core'
import { isFailedPrecondition, isNotFound, isUnavailable } from '@containerd-ts/errdefs'
import { sleep } from '@containerd-ts/lifecycle'
import { graceSignal } from '../call-grace.ts'
import type { ProcessIo } from '../io/process-io.ts'
import type { TaskProxy } from '../proxy/task.ts'
import { killAndWait } from './kill-task.ts'

/** A wait that lasted this long had reached a daemon. */
const longWaitMs = 15_000
/** How long a daemon may be away. */
const patienceMs = 20_000
const pauseMs = 200

/**
 * One process of a task with its streams: the init, or an exec. Whoever holds it decides how it ends: `finish`
 * waits for it and removes it, `detach` leaves it running, disposal kills and removes it.
 */
export class TaskProcess implements AsyncDisposable {
  readonly task: TaskProxy
  /** Empty for the init. */
  readonly execId: string
  readonly io: ProcessIo
  readonly #exited: Promise<Exit> | undefined
  #owned = true

  /** `exited` is asked for before the process starts, so that no exit is missed; absent where nobody waits. */
  constructor(task: TaskProxy, execId: string, io: ProcessIo, exited: Promise<Exit> | undefined) {
    this.task = task
    this.execId = execId
    this.io = io
    this.#exited = exited
    exited?.catch(() => {}) // finish() tells
  }

  /** Starts it and answers its pid. When local input ends, so does the process's. */
  async start(options: CallOptions = {}): Promise<number> {
    const pid = await this.task.start(this.execId, { signal: graceSignal(options.signal) })
    this.followInput()
    options.signal?.throwIfAborted()
    return pid
  }

  /** Closes the process's input once the local one has ended. */
  followInput(): void {
    this.io.copy?.inputDone.then(() => this.task.closeStdin(this.execId)).catch(() => {}) // it has ended before
  }

  /** Settles once it has ended and its output is delivered. @throws the signal's reason; the process runs on */
  async ended({ signal }: CallOptions = {}): Promise<Exit> {
    const exit = await this.#exit(signal)
    await abortable(this.io.copy?.outputDone ?? Promise.resolve(), signal)
    return exit
  }

  /** The process outlives a daemon that is restarted: who waits for its end asks the next one. */
  async #exit(signal: AbortSignal | undefined): Promise<Exit> {
    let exited = this.#exited ?? this.task.wait(this.execId, { signal })
    for (let lostAt: number | undefined; ;) {
      const began = Date.now()
      try {
        return await abortable(exited, signal)
      } catch (error) {
        if (!isUnavailable(error)) throw error
        if (lostAt === undefined || Date.now() - began > longWaitMs) lostAt = Date.now()
        if (Date.now() - lostAt > patienceMs) throw error
      }
      await sleep(pauseMs, signal)
      exited = this.task.wait(this.execId, { signal })
    }
  }

  /** Waits for the end, then removes the process and its FIFOs. */
  async finish(options: CallOptions = {}): Promise<DeletedProcess> {
    await this.ended(options)
    const deleted = await this.task.delete(this.execId, options)
    await this.#release()
    return deleted
  }

  /** Lets it run on without us; the FIFOs stay. */
  async detach(): Promise<void> {
    this.#owned = false
    await this.io.detach()
  }

  async kill(signal: number, options: CallOptions = {}): Promise<void> {
    await this.task.kill(signal, { ...options, execId: this.execId })
  }

  async resize(columns: number, rows: number, options: CallOptions = {}): Promise<void> {
    await this.task.resizePty({ width: columns, height: rows }, this.execId, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#owned) return
    try {
      await killAndWait(this.task, this.execId)
      await this.task.delete(this.execId)
    } catch (error) {
      if (!isNotFound(error) && !isFailedPrecondition(error)) throw error
    } finally {
      await this.#release()
    }
  }

  async #release(): Promise<void> {
    this.#owned = false
    await this.io[Symbol.asyncDispose]()
  }
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
