// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FailedPreconditionError, NotFoundError } from '@containerd-ts/errdefs'
import { deadline, Semaphore } from '@containerd-ts/lifecycle'
import { native } from '@containerd-ts/native-sys'
import type { WindowSize } from '@containerd-ts/native-sys'
import { explainFailure, readPidFile } from '@containerd-ts/runc'
import type { Runc } from '@containerd-ts/runc'
import type { ProcessExit } from '@containerd-ts/shim'
import { attachTimeoutMs, drainTimeoutMs, killError, withinMs } from './process.ts'
import type { ContainerProcess, ProcessEnd, ProcessStatus } from './process.ts'
import type { ProcessIo, Streams } from './stdio/process-io.ts'

const SIGKILL = 9

type ExecState = 'created' | 'running' | 'stopped' | 'deleted'

export interface ExecProcessInit {
  readonly id: string
  readonly containerId: string
  readonly bundle: string
  readonly runc: Runc
  readonly streams: Streams
  /** OCI process, JSON. */
  readonly process: string
  readonly openIo: (signal: AbortSignal) => Promise<ProcessIo>
}

/** A further process in a container. */
export class ExecProcess implements ContainerProcess {
  readonly id: string
  readonly streams: Streams
  readonly #init: ExecProcessInit
  readonly #lock = new Semaphore(1)
  readonly #ended = Promise.withResolvers<ProcessEnd>()
  #io: ProcessIo | undefined
  #state: ExecState = 'created'
  #pid = 0
  #exit: ProcessExit | undefined

  constructor(init: ExecProcessInit) {
    this.#init = init
    this.id = init.id
    this.streams = init.streams
  }

  get pid(): number {
    return this.#pid
  }

  get exit(): ProcessExit | undefined {
    return this.#exit
  }

  get ended(): Promise<ProcessEnd> {
    return this.#ended.promise
  }

  get status(): ProcessStatus {
    return this.#state === 'deleted' ? 'stopped' : this.#state
  }

  /** When the runtime fails, the process stays created and can be deleted; who waits for it is answered at once. */
  start(started: (pid: number) => void, signal?: AbortSignal): Promise<void> {
    return this.#lock.run(async () => {
      this.#allow('start', 'created')
      try {
        await this.#launch(signal)
      } catch (error) {
        this.#ended.resolve({ status: 0, at: undefined })
        throw error
      }
      this.#state = 'running'
      started(this.#pid)
    }, signal)
  }

  setExited(exit: ProcessExit): void {
    if (this.#state !== 'deleted') this.#state = 'stopped'
    this.#exit = exit
    this.#io?.exited()
    this.#ended.resolve(exit)
  }

  delete(signal?: AbortSignal): Promise<ProcessEnd> {
    return this.#lock.run(async () => {
      this.#allow('delete', 'created', 'stopped')
      if (this.#io !== undefined) await withinMs(drainTimeoutMs, this.#io.drained())
      await this.#io?.close()
      await rm(this.#pidFile, { force: true })
      this.#state = 'deleted'
      this.#ended.resolve({ status: 0, at: undefined })
      return this.#ended.promise
    }, signal)
  }

  /** @throws {FailedPreconditionError} it has not started @throws {NotFoundError} it has ended */
  kill(number: number): void {
    if (this.#pid === 0) throw new FailedPreconditionError('process not created')
    if (this.#exit !== undefined || this.#state === 'deleted') throw new NotFoundError('process already finished')
    try {
      if (!native.kill(this.#pid, number)) throw new NotFoundError('process already finished')
    } catch (error) {
      throw error instanceof NotFoundError ? error : killError(error)
    }
  }

  closeStdin(): void {
    this.#io?.closeStdin()
  }

  resize(size: WindowSize): void {
    if (this.#state === 'stopped') throw new Error('cannot resize a stopped container')
    if (this.#state === 'deleted') throw new Error('cannot resize a deleted process')
    this.#io?.resize(size)
  }

  async #launch(signal?: AbortSignal): Promise<void> {
    const { containerId, runc, process } = this.#init
    using limit = deadline(attachTimeoutMs, signal, 'connecting standard streams')
    const io = await this.#init.openIo(limit.signal)
    let pid: number | undefined
    try {
      const { stdio, consoleSocket } = io
      await runc
        .exec(containerId, { process, pidFile: this.#pidFile, stdio, consoleSocket }, { signal })
        .catch(async (error: unknown) => {
          throw await explainFailure('OCI runtime exec failed', error, runc.log)
        })
      pid = await readPidFile(this.#pidFile)
      using attaching = deadline(attachTimeoutMs, signal, 'connecting standard streams')
      await io.attach(attaching.signal)
      this.#pid = pid
      this.#io = io
    } catch (error) {
      await io.close()
      if (pid !== undefined) native.kill(pid, SIGKILL)
      throw error
    }
  }

  get #pidFile(): string {
    return join(this.#init.bundle, `${this.id}.pid`)
  }

  #allow(operation: string, ...states: readonly ExecState[]): void {
    if (!states.includes(this.#state)) throw new Error(`cannot ${operation} a ${this.#state} process`)
  }
}
