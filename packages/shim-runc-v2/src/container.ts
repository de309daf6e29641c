// SPDX-License-Identifier: Apache-2.0
import { AlreadyExistsError, FailedPreconditionError, NotFoundError } from '@containerd-ts/errdefs'
import type { Logger, Mount } from '@containerd-ts/core'
import type { Runc } from '@containerd-ts/runc'
import { loadCgroup } from './cgroup/cgroup.ts'
import type { Cgroup } from './cgroup/cgroup.ts'
import { watchOom } from './cgroup/oom.ts'
import type { OomWatch } from './cgroup/oom.ts'
import { ExecProcess } from './exec-process.ts'
import { InitProcess } from './init-process.ts'
import { saveOptions } from './options.ts'
import type { Options } from './options.ts'
import type { ContainerProcess } from './process.ts'
import { mountRootfs, unmountRootfs } from './rootfs.ts'
import { runcOf } from './runc-of.ts'
import { openIo } from './stdio/open-io.ts'
import type { Streams } from './stdio/process-io.ts'

export interface NewContainer {
  readonly id: string
  readonly namespace: string
  readonly bundle: string
  readonly rootfs: readonly Mount[]
  readonly streams: Streams
  readonly checkpoint: string
  readonly options: Options
}

/** A container: its init, what is executed beside it, and its cgroup. */
export class Container {
  readonly id: string
  readonly bundle: string
  readonly init: InitProcess
  readonly runc: Runc
  /** Set when the init was reaped: nothing can be started beside it any more. */
  initExited = false
  readonly #new: NewContainer
  readonly #execs = new Map<string, ExecProcess>()
  #runningExecs = 0
  #idle: PromiseWithResolvers<void> | undefined
  #cgroup: Cgroup | undefined
  #oom: OomWatch | undefined

  private constructor(request: NewContainer) {
    this.#new = request
    this.id = request.id
    this.bundle = request.bundle
    const { namespace, bundle, options, streams, checkpoint, id } = request
    const { binaryName, root, systemdCgroup } = options
    this.runc = runcOf({ namespace, bundle, binaryName, root, systemdCgroup })
    this.init = new InitProcess({
      id,
      bundle,
      runc: this.runc,
      options,
      streams,
      checkpoint,
      openIo: this.#opener(streams, id),
    })
  }

  /** Mounts the root file system and has the runtime make the container. A failure leaves no mount behind. */
  static async create(request: NewContainer, signal?: AbortSignal): Promise<Container> {
    saveOptions(request.bundle, request.options)
    const container = new Container(request)
    await mountRootfs(request.bundle, request.rootfs, signal)
    try {
      await container.init.create(signal)
    } catch (error) {
      await unmountRootfs(request.bundle).catch(() => {}) // the failure of create is what counts
      throw error
    }
    return container
  }

  /** Finds the cgroup of the running init and watches it for out-of-memory kills. Failures are logged, never fatal. */
  watchCgroup(onOom: () => void, log: Logger): void {
    try {
      this.#cgroup = loadCgroup(this.init.pid)
      this.#cgroup?.enableControllers()
      this.#oom = this.#cgroup === undefined ? undefined : watchOom(this.#cgroup, onOom)
    } catch (error) {
      log.error('watch cgroup', { id: this.id, error })
    }
  }

  /** @throws {NotFoundError} the container has none: it is yet to be restored */
  get cgroup(): Cgroup {
    if (this.#cgroup === undefined) throw new NotFoundError('cgroup does not exist')
    return this.#cgroup
  }

  /** Ends the watch; kills that were not told yet are told now. */
  endOomWatch(): void {
    this.#oom?.end()
    this.#oom = undefined
  }

  /** The init for an empty id, else the exec. @throws {NotFoundError} */
  process(execId: string): ContainerProcess {
    return execId === '' ? this.init : this.exec(execId)
  }

  /** @throws {NotFoundError} */
  exec(execId: string): ExecProcess {
    const exec = this.#execs.get(execId)
    if (exec === undefined) throw new NotFoundError(`process does not exist ${execId}`)
    return exec
  }

  get execs(): Iterable<ExecProcess> {
    return this.#execs.values()
  }

  /** @throws {AlreadyExistsError} @throws {Error} the init's state does not allow it */
  addExec(id: string, streams: Streams, process: string): void {
    if (this.#execs.has(id)) throw AlreadyExistsError.of('id', id)
    this.init.check('exec in')
    const { bundle, runc } = this
    const openIo = this.#opener(streams, id)
    this.#execs.set(id, new ExecProcess({ id, containerId: this.id, bundle, runc, streams, process, openIo }))
  }

  removeExec(id: string): void {
    this.#execs.delete(id)
  }

  /** Counts a process that is about to run, until `execEnded`. @throws {FailedPreconditionError} the init has ended */
  execStarting(): void {
    if (this.initExited) throw new FailedPreconditionError(`container ${this.id} init process is not running`)
    this.#runningExecs++
  }

  execEnded(): void {
    this.#runningExecs--
    if (this.#runningExecs === 0) this.#idle?.resolve()
  }

  /** Resolves when nothing runs beside the init. */
  execsEnded(): Promise<void> {
    if (this.#runningExecs === 0) return Promise.resolve()
    this.#idle ??= Promise.withResolvers<void>()
    return this.#idle.promise
  }

  async unmount(): Promise<void> {
    await unmountRootfs(this.bundle)
  }

  #opener(streams: Streams, id: string) {
    const { namespace, options } = this.#new
    const owner = { namespace, id, uid: options.ioUid, gid: options.ioGid }
    return (signal: AbortSignal) => openIo(streams, owner, signal)
  }
}
