// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { NewTask, TypedAny } from '@containerd-ts/core'
import { Semaphore } from '@containerd-ts/lifecycle'
import { BOOTSTRAP_FILE, findShim, writeBootstrap, type BootstrapResult } from '@containerd-ts/shim-bootstrap'
import type { Bundle } from './bundle.ts'
import type { ShimSyscalls } from './run-shim.ts'
import { Shim, type ShimContext, type ShimParts } from './shim.ts'
import { ShimBinary, type DaemonIdentity } from './shim-binary.ts'
import { ShimLog } from './shim-log.ts'
import { removeRecordedSocket } from './dead-socket.ts'
import { killSilentShims } from './silent-shim.ts'
import type { TaskApiConnector } from './task-api.ts'

/** Shims being started at once; the others wait their turn. */
const START_POOL = 10

const RUNTIME_FILE = 'shim-binary-path'
const SANDBOX_FILE = 'sandbox'

/** What picks a shim and its options. */
export type ShimRequest = Pick<NewTask, 'runtime' | 'runtimeOptions' | 'taskOptions'>

/** Opens the way to shims: starts them, joins them, finds them again. */
export class ShimStarter {
  readonly #context: ShimContext
  readonly #sys: ShimSyscalls
  readonly #daemon: DaemonIdentity
  readonly #connect: TaskApiConnector
  readonly #pool = new Semaphore(START_POOL)
  readonly #binaries = new Map<string, ShimBinary>()
  /** Runtime names that were resolved, for this daemon's life. */
  readonly #paths = new Map<string, string>()

  constructor(context: ShimContext, sys: ShimSyscalls, daemon: DaemonIdentity, connect: TaskApiConnector) {
    this.#context = context
    this.#sys = sys
    this.#daemon = daemon
    this.#connect = connect
  }

  /** The executable of a runtime. @throws {NotFoundError} @throws {InvalidArgumentError} */
  async binary(runtime: string): Promise<ShimBinary> {
    const path = runtime.startsWith('/')
      ? await findShim(runtime)
      : (this.#paths.get(runtime) ?? (await findShim(runtime)))
    if (!runtime.startsWith('/')) this.#paths.set(runtime, path)
    let binary = this.#binaries.get(path)
    if (binary === undefined) {
      binary = new ShimBinary(path, this.#sys, this.#daemon, this.#context.timeouts)
      this.#binaries.set(path, binary)
    }
    return binary
  }

  /** Starts the shim of a task whose bundle is made. After a failure nothing of the shim is left. */
  async start(bundle: Bundle, task: ShimRequest, signal?: AbortSignal): Promise<Shim> {
    const binary = await this.binary(task.runtime)
    await using undo = new AsyncDisposableStack()
    const log = undo.use(await this.#openLog(bundle))
    bundle.write(RUNTIME_FILE, binary.path)
    const { namespace, id, path } = bundle
    const options = usable(task.taskOptions) ?? usable(task.runtimeOptions)
    undo.defer(() => this.#cleanUp(binary, bundle))
    const result = await this.#pool.run(() => binary.start({ namespace, id, bundle: path }, options, signal), signal)
    const api = undo.use(await this.#connect(result, namespace, signal))
    // Ours wrote it before its server ran.
    if (!existsSync(join(path, BOOTSTRAP_FILE))) writeBootstrap(path, result)
    undo.move()
    return new Shim({ bundle, api, log, endpoint: result, binary, sandboxed: false }, this.#context)
  }

  /** Connects a task to a shim that runs for its sandbox. */
  async join(bundle: Bundle, sandboxId: string, endpoint: BootstrapResult, signal?: AbortSignal): Promise<Shim> {
    bundle.write(SANDBOX_FILE, sandboxId)
    writeBootstrap(bundle.path, endpoint)
    return await this.#connectTo({ bundle, endpoint, binary: undefined, sandboxed: true }, signal)
  }

  /** Connects to the shim that a bundle speaks of. */
  async reconnect(
    bundle: Bundle,
    endpoint: BootstrapResult,
    binary: ShimBinary | undefined,
    signal: AbortSignal,
  ): Promise<Shim> {
    // A shim of an older task API was started for the task, in a sandbox or not.
    const sandboxed = endpoint.version >= 3 && (await bundle.read(SANDBOX_FILE)) !== undefined
    return await this.#connectTo({ bundle, endpoint, binary, sandboxed }, signal)
  }

  async #connectTo(parts: Omit<ShimParts, 'api' | 'log'>, signal?: AbortSignal): Promise<Shim> {
    const { bundle, endpoint } = parts
    await using undo = new AsyncDisposableStack()
    const log = undo.use(await this.#openLog(bundle))
    const api = undo.use(await this.#connect(endpoint, bundle.namespace, signal))
    undo.move()
    return new Shim({ ...parts, api, log }, this.#context)
  }

  #openLog(bundle: Bundle): Promise<ShimLog> {
    const { namespace, id } = bundle
    return ShimLog.open(this.#sys, bundle.path, this.#context.logger.child({ namespace, id }))
  }

  /** Undoes a start: a server that came up for the bundle has nobody to serve. */
  async #cleanUp(binary: ShimBinary, bundle: Bundle): Promise<void> {
    const { namespace, id, path } = bundle
    const { logger } = this.#context
    const warn = (text: string): void => logger.warn('shim clean-up', { namespace, id, text })
    const steps = [
      () => killSilentShims(bundle),
      () => binary.delete({ namespace, id, bundle: path }, warn),
      () => removeRecordedSocket(path),
    ]
    for (const step of steps) {
      await step().catch((error: unknown) => logger.warn('shim clean-up failed', { namespace, id, error }))
    }
  }
}

/** Options count when they hold something. */
export const usable = (options: TypedAny | undefined): TypedAny | undefined =>
  options !== undefined && options.value.length > 0 ? options : undefined
