// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fromTimestamp } from '@containerd-ts/api'
import { checkIdentifier } from '@containerd-ts/core'
import type {
  CallOptions,
  Exit,
  Namespace,
  NewSandboxRun,
  Platform,
  SandboxController,
  SandboxStatus,
  StartedSandbox,
  TypedAny,
} from '@containerd-ts/core'
import {
  AlreadyExistsError,
  isDeadlineExceeded,
  isNotFound,
  isUnavailable,
  NotFoundError,
} from '@containerd-ts/errdefs'
import { Background, deadline, KeyedLock } from '@containerd-ts/lifecycle'
import { readBootstrap } from '@containerd-ts/shim-bootstrap'
import { isTtrpcClosed } from '@containerd-ts/ttrpc'
import { fromAny, fromExitedAt, toAny, toMount } from '@containerd-ts/wire'
import { Bundle } from './bundle.ts'
import type { BundleRoots } from './bundle.ts'
import { forEachNamespace, visibleDirectories } from './bundle-directories.ts'
import { ShimSandbox } from './shim-sandbox.ts'
import type { Shim } from './shim.ts'
import { killSilentShims } from './silent-shim.ts'
import { openStarter } from './open-starter.ts'
import type { OpenedStarter, StarterOptions } from './open-starter.ts'

export type ShimSandboxOptions = StarterOptions & BundleRoots

/** Sandboxes that a shim runs: one shim each, which speaks the sandbox API beside the task API. */
export class ShimSandboxController implements SandboxController, AsyncDisposable {
  readonly #options: ShimSandboxOptions
  readonly #opened: OpenedStarter
  readonly #sandboxes = new Map<string, ShimSandbox>()
  readonly #turns = new KeyedLock()
  readonly #background: Background

  private constructor(options: ShimSandboxOptions) {
    this.#options = options
    this.#opened = openStarter(options)
    const { logger } = this.#opened.context
    this.#background = new Background((error) => logger.error('watching a sandbox failed', { error }))
  }

  /** Opens the directories and finds the sandboxes of an earlier daemon; what does not answer is cleaned up. */
  static async open(options: ShimSandboxOptions): Promise<ShimSandboxController> {
    const controller = new ShimSandboxController(options)
    for (const dir of [options.rootDir, options.stateDir]) {
      await mkdir(dir, { recursive: true, mode: 0o700 })
      await chmod(dir, 0o700)
    }
    await forEachNamespace(options.stateDir, controller.#opened.context.logger, async (namespace) => {
      for (const id of await visibleDirectories(join(options.stateDir, namespace))) {
        await controller.#adopt(new Bundle(options, namespace, id))
      }
    })
    return controller
  }

  async create(namespace: Namespace, sandbox: NewSandboxRun, { signal }: CallOptions = {}): Promise<void> {
    checkIdentifier(sandbox.id)
    const key = keyOf(namespace, sandbox.id)
    await this.#turns.run(key, async () => {
      if (this.#sandboxes.has(key)) throw AlreadyExistsError.of('sandbox', sandbox.id)
      this.#register(await this.#start(namespace, sandbox, signal))
    })
  }

  async start(namespace: Namespace, id: string, { signal }: CallOptions = {}): Promise<StartedSandbox> {
    const { calls, address, version } = this.#get(namespace, id)
    const { pid, createdAt, spec } = await calls.startSandbox({ sandboxId: id }, { signal })
    return { pid, createdAt: fromTimestamp(createdAt) ?? new Date(), spec: fromAny(spec), address, version }
  }

  async platform(namespace: Namespace, id: string, { signal }: CallOptions = {}): Promise<Platform> {
    const { platform } = await this.#get(namespace, id).calls.platform({ sandboxId: id }, { signal })
    return { os: platform?.os ?? '', architecture: platform?.architecture ?? '', variant: platform?.variant }
  }

  async stop(
    namespace: Namespace,
    id: string,
    options: CallOptions & { readonly timeoutSeconds?: number } = {},
  ): Promise<void> {
    const sandbox = this.#sandboxes.get(keyOf(namespace, id))
    const request = { sandboxId: id, timeoutSecs: options.timeoutSeconds ?? 0 }
    await sandbox?.calls.stopSandbox(request, { signal: options.signal }).catch(ignoreGone)
  }

  async wait(namespace: Namespace, id: string, { signal }: CallOptions = {}): Promise<Exit> {
    const { exitStatus, exitedAt } = await this.#get(namespace, id).calls.waitSandbox({ sandboxId: id }, { signal })
    return { status: exitStatus, at: fromExitedAt(exitedAt) }
  }

  async status(
    namespace: Namespace,
    id: string,
    options: CallOptions & { readonly verbose?: boolean } = {},
  ): Promise<SandboxStatus> {
    const sandbox = this.#sandboxes.get(keyOf(namespace, id))
    if (sandbox === undefined) return { id, pid: 0, state: '', info: {}, exitedAt: new Date(), address: '', version: 0 }
    const request = { sandboxId: id, verbose: options.verbose ?? false }
    const { pid, state, info, createdAt, exitedAt, extra } = await sandbox.calls.sandboxStatus(request, {
      signal: options.signal,
    })
    return {
      id,
      pid,
      state,
      info,
      createdAt: fromTimestamp(createdAt),
      exitedAt: fromTimestamp(exitedAt),
      extra: fromAny(extra),
      address: sandbox.address,
      version: sandbox.version,
    }
  }

  async shutdown(namespace: Namespace, id: string, { signal }: CallOptions = {}): Promise<void> {
    const key = keyOf(namespace, id)
    await this.#turns.run(key, async () => {
      const sandbox = this.#sandboxes.get(key)
      await sandbox?.calls.shutdownSandbox({ sandboxId: id }, { signal }).catch(ignoreGone)
      await sandbox?.cleanUp()
      this.#sandboxes.delete(key)
    })
  }

  async metrics(namespace: Namespace, id: string, { signal }: CallOptions = {}): Promise<TypedAny> {
    const { metrics } = await this.#get(namespace, id).calls.sandboxMetrics({ sandboxId: id }, { signal })
    return fromAny(metrics?.data) ?? { typeUrl: '', value: new Uint8Array() }
  }

  /** The sandbox API has no call for it. */
  async update(): Promise<void> {}

  /** Lets go of every shim; they and their containers go on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#sandboxes.values()].map((sandbox) => sandbox.detach()))
    this.#sandboxes.clear()
    await this.#background.idle()
    await this.#background[Symbol.asyncDispose]()
  }

  #register(sandbox: ShimSandbox): void {
    const { namespace, id, api } = sandbox.shim
    const key = keyOf(namespace, id)
    this.#sandboxes.set(key, sandbox)
    this.#background.run(async () => {
      await api.gone
      await this.#turns.run(key, async () => {
        await sandbox.cleanUp()
        if (this.#sandboxes.get(key) === sandbox) this.#sandboxes.delete(key)
      })
    })
  }

  #get(namespace: Namespace, id: string): ShimSandbox {
    const sandbox = this.#sandboxes.get(keyOf(namespace, id))
    if (sandbox === undefined) throw NotFoundError.of('sandbox', id)
    return sandbox
  }

  async #start(namespace: Namespace, request: NewSandboxRun, signal: AbortSignal | undefined): Promise<ShimSandbox> {
    const { starter, context } = this.#opened
    const bundle = new Bundle(this.#options, namespace, request.id)
    await bundle.create(request.spec)
    let shim: Shim | undefined
    let sandbox: ShimSandbox | undefined
    try {
      shim = await starter.start(bundle, request, signal)
      sandbox = await ShimSandbox.open(shim, await readBootstrap(bundle.path), signal)
      await sandbox.calls.createSandbox(
        {
          sandboxId: request.id,
          bundlePath: bundle.path,
          rootfs: request.rootfs.map(toMount),
          ...(request.options === undefined ? {} : { options: toAny(request.options) }),
          netnsPath: request.netnsPath,
          annotations: { ...request.annotations },
        },
        { signal },
      )
      return sandbox
    } catch (error) {
      await this.#undo(request.id, shim, sandbox)
      await bundle.remove(context.mounter)
      throw error
    }
  }

  /** Nobody has seen the sandbox: what was started for it ends within the limit of a clean-up. */
  async #undo(id: string, shim: Shim | undefined, sandbox: ShimSandbox | undefined): Promise<void> {
    const { context } = this.#opened
    using limit = deadline(context.timeouts.cleanupMs, undefined, `undo create of sandbox ${id}`)
    await sandbox?.calls.shutdownSandbox({ sandboxId: id }, { signal: limit.signal }).catch((error: unknown) => {
      context.logger.debug('shutdown after failed create', { id, error })
    })
    await shim?.shutdown()
    await (sandbox ?? shim)?.cleanUp()
  }

  /** One bundle that cannot be handled stops no other. */
  async #adopt(bundle: Bundle): Promise<void> {
    const { namespace, id } = bundle
    try {
      await this.#reconnect(bundle)
    } catch (error) {
      this.#opened.context.logger.error('sandbox not loaded', { namespace, id, error })
    }
  }

  async #reconnect(bundle: Bundle): Promise<void> {
    const { starter, context } = this.#opened
    const { namespace, id } = bundle
    const path = (await bundle.read('shim-binary-path'))?.trim()
    const binary = path === undefined ? undefined : await starter.binary(path).catch(() => undefined)
    using limit = deadline(context.timeouts.loadMs, undefined, `load of sandbox ${id}`)
    let shim: Shim | undefined
    let sandbox: ShimSandbox | undefined
    try {
      const endpoint = await readBootstrap(bundle.path)
      shim = await starter.reconnect(bundle, endpoint, binary, limit.signal)
      sandbox = await ShimSandbox.open(shim, endpoint, limit.signal)
      await sandbox.calls.pingSandbox({ sandboxId: id }, { signal: limit.signal })
      this.#register(sandbox)
    } catch (error) {
      context.logger.warn('sandbox lost while no daemon ran', { namespace, id, error })
      if (isDeadlineExceeded(error)) await killSilentShims(bundle)
      else await shim?.shutdown()
      await (sandbox ?? shim)?.cleanUp()
      if (shim !== undefined) return
      await binary?.delete({ namespace, id, bundle: bundle.path }, () => {}).catch(() => {})
      await bundle.remove(context.mounter)
    }
  }
}

const keyOf = (namespace: Namespace, id: string): string => `${namespace}/${id}`

/** Gone is what a stop or shutdown asked for. */
function ignoreGone(error: unknown): void {
  if (!isNotFound(error) && !isUnavailable(error) && !isTtrpcClosed(error)) throw error
}
