// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { deadline, Semaphore } from '@containerd-ts/lifecycle'
import type { WindowSize } from '@containerd-ts/native-sys'
import { explainFailure, readPidFile, saysDoesNotExist } from '@containerd-ts/runc'
import type { Runc } from '@containerd-ts/runc'
import type { ProcessExit } from '@containerd-ts/shim'
import { takeCheckpoint } from './checkpoint.ts'
import { checkState } from './init-state.ts'
import type { InitOperation, InitState } from './init-state.ts'
import type { CheckpointOptions, Options } from './options.ts'
import { attachTimeoutMs, drainTimeoutMs, killError, withinMs } from './process.ts'
import type { ContainerProcess, ProcessEnd, ProcessStatus } from './process.ts'
import type { ProcessIo, Streams } from './stdio/process-io.ts'

export interface InitProcessInit {
  readonly id: string
  readonly bundle: string
  readonly runc: Runc
  readonly options: Options
  readonly streams: Streams
  readonly openIo: (signal: AbortSignal) => Promise<ProcessIo>
  /** Directory of a checkpoint to restore from; empty for a fresh start. */
  readonly checkpoint: string
}

/** The first process of a container. Operations run one after the other; its exit waits for none of them. */
export class InitProcess implements ContainerProcess {
  readonly id: string
  readonly streams: Streams
  readonly #init: InitProcessInit
  readonly #runc: Runc
  readonly #lock = new Semaphore(1)
  readonly #ended = Promise.withResolvers<ProcessEnd>()
  #io: ProcessIo | undefined
  #starting: Promise<void> = Promise.resolve()
  #state: InitState
  #pausing = false
  #pid = 0
  #exit: ProcessExit | undefined

  constructor(init: InitProcessInit) {
    this.#init = init
    this.id = init.id
    this.streams = init.streams
    this.#runc = init.runc
    this.#state = init.checkpoint === '' ? 'created' : 'restorable'
  }

  get pid(): number {
    return this.#pid
  }

  get state(): InitState {
    return this.#state
  }

  get exit(): ProcessExit | undefined {
    return this.#exit
  }

  get ended(): Promise<ProcessEnd> {
    return this.#ended.promise
  }

  get status(): ProcessStatus {
    if (this.#pausing) return 'pausing'
    switch (this.#state) {
      case 'restorable':
        return 'created'
      case 'deleted':
        return 'stopped'
      default:
        return this.#state
    }
  }

  /** Has the runtime make the container; with a checkpoint there is nothing to make until Start. */
  async create(signal?: AbortSignal): Promise<void> {
    if (this.#state === 'restorable') return
    const { noPivotRoot, noNewKeyring } = this.#init.options
    await this.#launch('OCI runtime create failed', signal, (common) =>
      this.#runc.create(this.id, { ...common, noPivot: noPivotRoot, noNewKeyring }, { signal }),
    )
  }

  /** `started` runs with the state still held, before anybody can hear of the process's exit. */
  start(started: (pid: number) => void, signal?: AbortSignal): Promise<void> {
    return this.#lock.run(async () => {
      checkState('start', this.#state)
      const starting = Promise.withResolvers<void>()
      this.#starting = starting.promise
      try {
        if (this.#state === 'restorable') await this.#restore(signal)
        else await this.#explained('OCI runtime start failed', this.#runc.start(this.id, { signal }))
        this.#state = 'running'
        started(this.#pid)
      } finally {
        starting.resolve()
      }
    }, signal)
  }

  /** Resolves once no start is under way: an exit seen meanwhile is told after the start. */
  settled(): Promise<void> {
    return this.#starting
  }

  /** The process has ended. */
  setExited(exit: ProcessExit): void {
    const wasPaused = this.#state === 'paused'
    if (this.#state !== 'deleted') this.#state = 'stopped'
    this.#exit = exit
    this.#io?.exited()
    this.#ended.resolve(exit)
    // A frozen cgroup would hold what is left in it for ever.
    if (wasPaused) this.#runc.resume(this.id).catch(() => {})
  }

  /**
   * Removes the container, then what `release` does; of a process that never ran, its end is waited for.
   * A failure leaves it to be deleted again.
   */
  delete(release: () => Promise<void>, signal?: AbortSignal): Promise<ProcessEnd> {
    return this.#lock.run(async () => {
      checkState('delete', this.#state)
      const neverRan = this.#state === 'created'
      if (!neverRan) await this.#drain()
      if (this.#state !== 'restorable') await this.#remove(signal)
      if (neverRan) {
        await this.#ended.promise
        await this.#drain()
      }
      await this.#io?.close()
      await release()
      this.#state = 'deleted'
      this.#ended.resolve({ status: 0, at: undefined })
      return this.#ended.promise
    }, signal)
  }

  async kill(number: number, all: boolean, signal?: AbortSignal): Promise<void> {
    checkState('kill', this.#state)
    try {
      await this.#runc.kill(this.id, number, { all, signal })
    } catch (error) {
      throw killError(error)
    }
  }

  pause(signal?: AbortSignal): Promise<void> {
    return this.#lock.run(async () => {
      checkState('pause', this.#state)
      this.#pausing = true
      try {
        await this.#explained('OCI runtime pause failed', this.#runc.pause(this.id, { signal }))
        if (this.#state !== 'running') await this.#runc.resume(this.id).catch(() => {}) // nothing stays frozen
        checkState('pause', this.#state)
        this.#state = 'paused'
      } finally {
        this.#pausing = false
      }
    }, signal)
  }

  resume(signal?: AbortSignal): Promise<void> {
    return this.#lock.run(async () => {
      checkState('resume', this.#state)
      await this.#explained('OCI runtime resume failed', this.#runc.resume(this.id, { signal }))
      this.#move('paused', 'running')
    }, signal)
  }

  update(resources: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#lock.run(async () => {
      checkState('update', this.#state)
      await this.#runc.update(this.id, resources, { signal })
    }, signal)
  }

  checkpoint(path: string, options: CheckpointOptions, signal?: AbortSignal): Promise<void> {
    return this.#lock.run(async () => {
      checkState('checkpoint', this.#state)
      await takeCheckpoint(this.#runc, { id: this.id, bundle: this.#init.bundle, path, options }, signal)
    }, signal)
  }

  /** @throws {Error} the state does not allow it */
  check(operation: InitOperation): void {
    checkState(operation, this.#state)
  }

  closeStdin(): void {
    this.#io?.closeStdin()
  }

  resize(size: WindowSize): void {
    this.#io?.resize(size)
  }

  async #restore(signal?: AbortSignal): Promise<void> {
    const { bundle, checkpoint, options } = this.#init
    const workPath = options.criuWorkPath === '' ? join(bundle, 'work') : options.criuWorkPath
    await this.#launch('OCI runtime restore failed', signal, (common) =>
      this.#runc.restore(
        this.id,
        { ...common, imagePath: checkpoint, workPath, noPivot: options.noPivotRoot },
        { signal },
      ),
    )
  }

  /** Streams, runtime, streams connected, pid: the way of both create and restore. */
  async #launch(
    prefix: string,
    signal: AbortSignal | undefined,
    run: (common: LaunchCommon) => Promise<void>,
  ): Promise<void> {
    const { bundle } = this.#init
    using limit = deadline(attachTimeoutMs, signal, 'connecting standard streams')
    const io = await this.#init.openIo(limit.signal)
    let made = false
    try {
      const pidFile = join(bundle, 'init.pid')
      await this.#explained(prefix, run({ bundle, pidFile, stdio: io.stdio, consoleSocket: io.consoleSocket }))
      made = true
      using attaching = deadline(attachTimeoutMs, signal, 'connecting standard streams')
      await io.attach(attaching.signal)
      this.#pid = await readPidFile(pidFile)
      this.#io = io
    } catch (error) {
      await io.close()
      if (made) await this.#runc.delete(this.id, { force: true }).catch(() => {})
      throw error
    }
  }

  async #remove(signal?: AbortSignal): Promise<void> {
    try {
      await this.#runc.delete(this.id, { signal })
    } catch (error) {
      if (saysDoesNotExist(error)) return
      throw await explainFailure('failed to delete task', error, this.#runc.log)
    }
  }

  async #drain(): Promise<void> {
    if (this.#io !== undefined) await withinMs(drainTimeoutMs, this.#io.drained())
  }

  async #explained(prefix: string, call: Promise<void>): Promise<void> {
    try {
      await call
    } catch (error) {
      throw await explainFailure(prefix, error, this.#runc.log)
    }
  }

  /** An exit meanwhile has the last word. */
  #move(from: InitState, to: InitState): void {
    if (this.#state === from) this.#state = to
  }
}

interface LaunchCommon {
  readonly bundle: string
  readonly pidFile: string
  readonly stdio: ProcessIo['stdio']
  readonly consoleSocket: string | undefined
}
