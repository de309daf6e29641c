// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir } from 'node:fs/promises'
import type { CallOptions, DeletedProcess, Namespace, NewTask, Task, TaskManager, TypedAny } from '@containerd-ts/core'
import { checkIdentifier } from '@containerd-ts/core'
import { AlreadyExistsError, describe, isNotFound, UnknownError } from '@containerd-ts/errdefs'
import { Background, deadline, KeyedLock } from '@containerd-ts/lifecycle'
import { fromExitedAt, toAny, toMount } from '@containerd-ts/wire'
import { Bundle, type BundleRoots } from './bundle.ts'
import { adoptTasks } from './adopt.ts'
import { checkIdmapSupport, usesIdmappedMounts } from './idmapped-mounts.ts'
import { openStarter, type StarterOptions } from './open-starter.ts'
import { activateRootfs, deactivateRootfs, type MountManagers } from './rootfs-mounts.ts'
import { endpointToJoin, type Sandboxes } from './sandbox-endpoint.ts'
import { publishLoss, type Shim, type ShimContext } from './shim.ts'
import { usable, type ShimStarter } from './shim-starter.ts'
import { ShimTask } from './shim-task.ts'
import { TaskTable } from './task-table.ts'

export interface ShimTaskManagerOptions extends BundleRoots, StarterOptions {
  /** Absent: rootfs mounts go to the shim as they are. */
  readonly mountManagers?: MountManagers | undefined
  /** Absent: every task gets a shim start. */
  readonly sandboxes?: Sandboxes | undefined
  /** Runtime name in a container's record, for bundles that do not say; absent for an unknown container. */
  readonly runtimeOf?: ((namespace: Namespace, id: string) => Promise<string | undefined>) | undefined
}

/** Runs each task behind a shim process that outlives this daemon. */
export class ShimTaskManager implements TaskManager, AsyncDisposable {
  readonly #options: ShimTaskManagerOptions
  readonly #context: ShimContext
  readonly #starter: ShimStarter
  readonly #table = new TaskTable()
  readonly #turns = new KeyedLock()
  readonly #background: Background

  private constructor(options: ShimTaskManagerOptions) {
    const { context, starter } = openStarter(options)
    this.#options = options
    this.#context = context
    this.#starter = starter
    this.#background = new Background((error) => context.logger.error('watching a shim failed', { error }))
  }

  /** Opens the directories and adopts the tasks of an earlier daemon; those whose shim died are cleaned up. */
  static async open(options: ShimTaskManagerOptions): Promise<ShimTaskManager> {
    const manager = new ShimTaskManager(options)
    for (const dir of [options.rootDir, options.stateDir]) {
      await mkdir(dir, { recursive: true, mode: 0o711 })
      await chmod(dir, 0o711)
    }
    const { runtimeOf, sandboxes } = options
    const adopted = await adoptTasks({
      roots: options,
      starter: manager.#starter,
      context: manager.#context,
      runtimeOf,
      sandboxes,
    })
    for (const { shim, runtime, pid } of adopted) manager.#register(shim, runtime, pid)
    return manager
  }

  async create(namespace: Namespace, task: NewTask, options: CallOptions = {}): Promise<Task> {
    checkIdentifier(task.id)
    return await this.#turns.run(
      turnOf(namespace, task.id),
      () => this.#create(namespace, task, options),
      options.signal,
    )
  }

  get(namespace: Namespace, id: string): Task {
    return this.#table.get(namespace, id)
  }

  list(namespace?: Namespace): readonly Task[] {
    return this.#table.list(namespace)
  }

  async delete(namespace: Namespace, id: string, options: CallOptions = {}): Promise<DeletedProcess> {
    return await this.#turns.run(
      turnOf(namespace, id),
      () => this.#delete(this.#table.get(namespace, id), options),
      options.signal,
    )
  }

  async runtimeInfo(runtime: string, runtimeOptions?: TypedAny, options: CallOptions = {}): Promise<TypedAny> {
    const binary = await this.#starter.binary(runtime)
    return { typeUrl: 'containerd.types.RuntimeInfo', value: await binary.info(runtimeOptions, options.signal) }
  }

  /** Lets go of every shim. They and their containers go on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#table.list().map((task) => task.shim.detach()))
    await this.#background.idle()
    await this.#background[Symbol.asyncDispose]()
  }

  async #create(namespace: Namespace, task: NewTask, options: CallOptions): Promise<Task> {
    if (this.#table.has(namespace, task.id)) throw AlreadyExistsError.of('task', task.id)
    const bundle = new Bundle(this.#options, namespace, task.id)
    options.signal?.throwIfAborted()
    await bundle.create(task.spec)
    await using undo = new AsyncDisposableStack()
    const quietly = (what: string, work: () => Promise<void>): void =>
      undo.defer(() =>
        work().catch((error: unknown) => this.#context.logger.warn(what, { namespace, id: task.id, error })),
      )
    quietly('bundle not removed', () => bundle.remove(this.#context.mounter))
    const rootfs = await activateRootfs(this.#options.mountManagers, namespace, task.id, task.rootfs, options)
    quietly('mounts not deactivated', () => deactivateRootfs(this.#options.mountManagers, namespace, task.id))
    const shim = await this.#openShim(bundle, task, options.signal)
    quietly('failed create not undone', () => this.#abandon(shim))
    await this.#checkFeatures(task, options)
    const pid = await this.#createInShim(shim, { ...task, rootfs }, options)
    undo.move()
    return this.#register(shim, task.runtime, pid)
  }

  async #openShim(bundle: Bundle, task: NewTask, signal: AbortSignal | undefined): Promise<Shim> {
    try {
      const endpoint = await endpointToJoin(this.#options.sandboxes, bundle.namespace, task)
      if (endpoint === undefined) return await this.#starter.start(bundle, task, signal)
      return await this.#starter.join(bundle, task.sandboxId ?? '', endpoint, signal)
    } catch (cause) {
      throw new Error('failed to start shim', { cause })
    }
  }

  async #checkFeatures(
    { runtime, spec, taskOptions, runtimeOptions }: NewTask,
    { signal }: CallOptions,
  ): Promise<void> {
    if (!usesIdmappedMounts(spec)) return
    try {
      const binary = await this.#starter.binary(runtime)
      checkIdmapSupport(await binary.info(usable(taskOptions) ?? usable(runtimeOptions), signal))
    } catch (cause) {
      throw new UnknownError('failed to validate OCI runtime features', { cause })
    }
  }

  async #createInShim(shim: Shim, task: NewTask, { signal }: CallOptions): Promise<number> {
    const { id, stdin, stdout, stderr, terminal, checkpoint = '' } = task
    const options = usable(task.taskOptions) ?? usable(task.runtimeOptions)
    const request = {
      id,
      bundle: shim.bundle.path,
      rootfs: task.rootfs.map(toMount),
      terminal,
      stdin,
      stdout,
      stderr,
      checkpoint,
      ...(options !== undefined && { options: toAny(options) }),
    }
    try {
      const { pid } = await shim.api.negotiate((calls) => calls.create(request, { signal }))
      return pid
    } catch (cause) {
      throw new Error('failed to create shim task', { cause })
    }
  }

  /** Undoes a create that failed in the shim; nobody has seen the task, so nothing is published. */
  async #abandon(shim: Shim): Promise<void> {
    using limit = deadline(this.#context.timeouts.cleanupMs, undefined, `undo create of ${shim.id}`)
    try {
      await shim.api.calls.delete({ id: shim.id }, { signal: limit.signal })
    } catch (error) {
      const { logger } = this.#context
      if (!shim.isGone(error)) logger.debug('delete after failed create', { id: shim.id, error: describe(error) })
    }
    await shim.shutdown()
    await shim.cleanUp()
  }

  async #delete(task: ShimTask, { signal }: CallOptions): Promise<DeletedProcess> {
    const { shim, id, namespace } = task
    let deleted: DeletedProcess
    signal?.throwIfAborted()
    try {
      // Without the signal: a delete given up half-way leaves a task that its shim no longer knows.
      const { pid, exitStatus, exitedAt } = await shim.api.calls.delete({ id })
      deleted = { id, pid, exit: { status: exitStatus, at: fromExitedAt(exitedAt) } }
    } catch (error) {
      if (!shim.isGone(error)) throw error
      if (isNotFound(error)) await shim.shutdown()
      await this.#finish(task)
      throw error
    }
    this.#table.remove(task)
    if (await shim.shutdown()) shim.release(deleted)
    await shim.cleanUp()
    await deactivateRootfs(this.#options.mountManagers, namespace, id)
    return deleted
  }

  #register(shim: Shim, runtime: string, pid: number): ShimTask {
    const turn = turnOf(shim.namespace, shim.id)
    const { stateMs } = this.#context.timeouts
    const task = new ShimTask(shim, runtime, pid, stateMs, (work, signal) => this.#turns.run(turn, work, signal))
    this.#table.add(task)
    this.#background.run(async () => {
      await shim.api.gone
      // Nobody here started the shim of a joined task: it is looked after when the daemon starts again.
      if (!shim.joined) await this.#turns.run(turn, () => this.#finish(task))
    })
    return task
  }

  /** In the task's turn: cleans up after a shim that is gone. Subscribers see a task that was still known end. */
  async #finish(task: ShimTask): Promise<void> {
    const outcome = await task.shim.cleanUp()
    if (outcome === undefined || !this.#table.holds(task)) return
    await publishLoss(this.#context, task.shim, outcome)
    this.#table.remove(task)
    await deactivateRootfs(this.#options.mountManagers, task.namespace, task.id)
  }
}

const turnOf = (namespace: Namespace, id: string): string => `${namespace}/${id}`
