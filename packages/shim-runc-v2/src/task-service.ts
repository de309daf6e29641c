// SPDX-License-Identifier: Apache-2.0
import { describe, NotFoundError } from '@containerd-ts/errdefs'
import { untilAborted } from '@containerd-ts/lifecycle'
import type { ShimHost } from '@containerd-ts/shim'
import { zeroTime } from '@containerd-ts/ttrpc'
import type { CallContext, PlainShape } from '@containerd-ts/ttrpc'
import { Container } from './container.ts'
import { execSpecOf } from './exec-spec.ts'
import { Exits } from './exits.ts'
import { decodeCheckpointOptions, decodeOptions } from './options.ts'
import type { taskServiceV3 } from './messages/task-api.ts'
import {
  taskCreate,
  taskDelete,
  taskExecAdded,
  taskExecStarted,
  taskOom,
  taskPaused,
  taskResumed,
  taskStart,
} from './messages/task-events.ts'
import type { ContainerProcess, ProcessEnd } from './process.ts'
import { processInfo } from './process-info.ts'
import { wireStatus } from './wire-status.ts'

type Methods = (typeof taskServiceV3)['methods']
/** The request of a method, in either version of the API. */
type Request<M extends keyof Methods> = PlainShape<Methods[M]['input']>

/** The task API, versions 2 and 3. Each handler decodes, calls the container, tells the event, encodes. */
export class TaskService {
  readonly #host: ShimHost
  readonly #exits: Exits
  readonly #containers = new Map<string, Container>()
  readonly #creating = new Set<string>()
  /** While containers were made, and none was there. */
  #shutdownAsked = false

  constructor(host: ShimHost) {
    this.#host = host
    this.#exits = new Exits(host.exits, host.events, host.log)
  }

  get containers(): Iterable<Container> {
    return this.#containers.values()
  }

  async create(r: Request<'Create'>, { signal }: CallContext) {
    if (this.#containers.has(r.id) || this.#creating.has(r.id)) {
      throw new Error(`OCI runtime create failed: container with given ID already exists: ${r.id}`)
    }
    this.#creating.add(r.id)
    try {
      const { id, bundle, rootfs, stdin, stdout, stderr, terminal, checkpoint } = r
      const streams = { stdin, stdout, stderr, terminal }
      const options = decodeOptions(r.options)
      const { namespace } = this.#host
      const container = await Container.create({ id, namespace, bundle, rootfs, streams, checkpoint, options }, signal)
      this.#containers.set(id, container)
      this.#shutdownAsked = false
      const { pid } = container.init
      this.#host.events.publish('/tasks/create', taskCreate, {
        containerId: id,
        bundle,
        rootfs,
        io: streams,
        checkpoint,
        pid,
      })
      if (pid !== 0) this.#watch(container)
      return { pid }
    } finally {
      this.#creating.delete(r.id)
      if (this.#shutdownAsked) this.shutdown()
    }
  }

  async start(r: Request<'Start'>, { signal }: CallContext) {
    const container = this.#container(r.id)
    if (r.execId !== '') return { pid: await this.#startExec(container, r.execId, signal) }
    const { init, id } = container
    const restored = init.pid === 0
    await init.start((pid) => this.#host.events.publish('/tasks/start', taskStart, { containerId: id, pid }), signal)
    if (restored) this.#watch(container)
    this.#host.settle()
    return { pid: init.pid }
  }

  async delete(r: Request<'Delete'>, { signal }: CallContext) {
    const container = this.#container(r.id)
    if (r.execId !== '') {
      const exec = container.exec(r.execId)
      const end = await exec.delete(signal)
      container.removeExec(r.execId)
      return { pid: exec.pid, ...wireEnd(end) }
    }
    const { pid } = container.init
    const end = wireEnd(await container.init.delete(() => container.unmount(), signal))
    container.endOomWatch()
    this.#containers.delete(r.id)
    this.#host.events.publish('/tasks/delete', taskDelete, { containerId: r.id, pid, ...end })
    return { pid, ...end }
  }

  exec(r: Request<'Exec'>) {
    const container = this.#container(r.id)
    const { stdin, stdout, stderr, terminal } = r
    container.addExec(r.execId, { stdin, stdout, stderr, terminal }, execSpecOf(r.spec, terminal))
    this.#host.events.publish('/tasks/exec-added', taskExecAdded, { containerId: r.id, execId: r.execId })
    return {}
  }

  state(r: Request<'State'>) {
    const container = this.#container(r.id)
    const process = container.process(r.execId)
    const { status: initStatus } = container.init
    const frozen = r.execId !== '' && (initStatus === 'paused' || initStatus === 'pausing')
    return {
      id: process.id,
      bundle: container.bundle,
      pid: process.pid,
      status: wireStatus(frozen ? initStatus : process.status),
      ...process.streams,
      exitStatus: process.exit?.status ?? 0,
      exitedAt: process.exit?.at ?? zeroTime,
    }
  }

  async wait(r: Request<'Wait'>, { signal }: CallContext) {
    return wireEnd(await untilAborted(this.#process(r).ended, signal))
  }

  async kill(r: Request<'Kill'>, { signal }: CallContext) {
    const container = this.#container(r.id)
    if (r.execId === '') await container.init.kill(r.signal, r.all, signal)
    else container.exec(r.execId).kill(r.signal)
    return {}
  }

  async pids(r: Request<'Pids'>, { signal }: CallContext) {
    const container = this.#container(r.id)
    const pids = await container.runc.ps(r.id, { signal })
    return { processes: pids.map((pid) => processInfo(pid, container.execs)) }
  }

  async pause(r: Request<'Pause'>, { signal }: CallContext) {
    await this.#container(r.id).init.pause(signal)
    this.#host.events.publish('/tasks/paused', taskPaused, { containerId: r.id })
    return {}
  }

  async resume(r: Request<'Resume'>, { signal }: CallContext) {
    await this.#container(r.id).init.resume(signal)
    this.#host.events.publish('/tasks/resumed', taskResumed, { containerId: r.id })
    return {}
  }

  resizePty(r: Request<'ResizePty'>) {
    this.#process(r).resize({ rows: r.height, columns: r.width })
    return {}
  }

  closeIO(r: Request<'CloseIO'>) {
    const container = this.#container(r.id)
    try {
      container.process(r.execId).closeStdin()
    } catch (error) {
      throw new Error(`${describe(error)}: not found`) // the original's own: text of a class, code of none
    }
    return {}
  }

  async checkpoint(r: Request<'Checkpoint'>, { signal }: CallContext) {
    await this.#container(r.id).init.checkpoint(r.path, decodeCheckpointOptions(r.options), signal)
    return {}
  }

  async update(r: Request<'Update'>, { signal }: CallContext) {
    await this.#container(r.id).init.update(r.resources?.value ?? new Uint8Array(0), signal)
    return {}
  }

  async stats(r: Request<'Stats'>) {
    return { stats: await this.#container(r.id).cgroup.stats() }
  }

  connect(r: Request<'Connect'>) {
    return { shimPid: process.pid, taskPid: this.#containers.get(r.id)?.init.pid ?? 0, version: '' }
  }

  /** Ignored while there is a container. One that is being made may fail, and then nobody asks again. */
  shutdown() {
    if (this.#containers.size > 0) return {}
    if (this.#creating.size > 0) this.#shutdownAsked = true
    else this.#host.shutdown()
    return {}
  }

  async #startExec(container: Container, execId: string, signal: AbortSignal): Promise<number> {
    const exec = container.exec(execId)
    container.execStarting()
    try {
      await exec.start((pid) => {
        this.#host.events.publish('/tasks/exec-started', taskExecStarted, {
          containerId: container.id,
          execId,
          pid,
        })
      }, signal)
    } catch (error) {
      container.execEnded()
      throw error
    }
    this.#exits.watchExec(container, exec)
    return exec.pid
  }

  #watch(container: Container): void {
    const onOom = (): void => this.#host.events.publish('/tasks/oom', taskOom, { containerId: container.id })
    container.watchCgroup(onOom, this.#host.log)
    this.#exits.watchInit(container)
  }

  #process({ id, execId }: { readonly id: string; readonly execId: string }): ContainerProcess {
    return this.#container(id).process(execId)
  }

  #container(id: string): Container {
    const container = this.#containers.get(id)
    if (container === undefined) throw new NotFoundError('container not created')
    return container
  }
}

const wireEnd = (end: ProcessEnd) => ({ exitStatus: end.status, exitedAt: end.at ?? zeroTime })
