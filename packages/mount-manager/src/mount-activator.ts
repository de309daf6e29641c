// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile } from 'node:fs/promises'
import type {
  ActivateOptions,
  ActiveMount,
  CallOptions,
  Logger,
  Mount,
  MountActivation,
  Mounter,
  MountHandler,
  MountManager,
  Namespace,
} from '@containerd-ts/core'
import { checkLabels, silentLogger, storedLabels } from '@containerd-ts/core'
import { InvalidArgumentError, isNotFound } from '@containerd-ts/errdefs'
import { KeyedLock } from '@containerd-ts/lifecycle'
import type { Held } from '@containerd-ts/lifecycle'
import { native } from '@containerd-ts/native-sys'
import type { Database } from '@containerd-ts/store'
import { planActivation } from './activation-plan.ts'
import type { ActivationPlan } from './activation-plan.ts'
import { ActivationTable } from './activation-table.ts'
import type { NamedActivation } from './activation-table.ts'
import { MountPoints } from './mount-points.ts'
import type { ActivationRecord } from './records.ts'
import { AllowedRoots } from './transform/allowed-roots.ts'
import type { RootCalls } from './transform/allowed-roots.ts'
import { formatTransformer } from './transform/format.ts'
import { mkdirTransformer } from './transform/mkdir.ts'
import { mkfsTransformer } from './transform/mkfs.ts'
import type { MkfsCalls } from './transform/mkfs.ts'
import type { Transformer } from './transform/transformer.ts'

export interface MountActivatorInit {
  /** Its own alone. */
  readonly database: Database
  /** Directory of mount points; created (0700). */
  readonly targetRoot: string
  readonly mounter: Mounter
  readonly handlers?: readonly MountHandler[] | undefined
  /** Directories below which requests may have directories and files created; besides the mount points. */
  readonly allowedRoots?: readonly string[] | undefined
  readonly logger?: Logger | undefined
  /** Default: the kernel. */
  readonly calls?: (MkfsCalls & RootCalls) | undefined
  /** Names the boot. Default: what the kernel says. */
  readonly bootId?: string | undefined
}

/**
 * Opens the activations of this boot. Those of an earlier one are forgotten; what a killed process left half done is
 * unmounted.
 */
export async function openMountActivator(init: MountActivatorInit): Promise<MountActivator> {
  await mkdir(init.targetRoot, { recursive: true, mode: 0o700 })
  const bootId = init.bootId ?? (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  const activator = new MountActivator(init)
  await activator.recover(bootId)
  return activator
}

/** Activations of all namespaces. */
export class MountActivator {
  readonly #table: ActivationTable
  readonly #points: MountPoints
  readonly #handlers: ReadonlyMap<string, MountHandler>
  readonly #transformers: ReadonlyMap<string, Transformer>
  readonly #logger: Logger
  readonly #locks = new KeyedLock()

  constructor(init: MountActivatorInit) {
    const calls = init.calls ?? native
    const roots = new AllowedRoots([...(init.allowedRoots ?? []), init.targetRoot], calls)
    this.#table = new ActivationTable(init.database)
    this.#handlers = new Map((init.handlers ?? []).map((handler) => [handler.type, handler]))
    this.#points = new MountPoints(init.targetRoot, init.mounter, this.#handlers)
    this.#logger = init.logger ?? silentLogger
    this.#transformers = new Map<string, Transformer>([
      ['format', formatTransformer],
      ['mkdir', mkdirTransformer(roots)],
      ['mkfs', mkfsTransformer(calls, roots)],
    ])
  }

  in(namespace: Namespace): MountManager {
    const list = (): readonly MountActivation[] =>
      this.#table.list(namespace).map(({ name, record }) => toActivation(name, record))
    return {
      activate: (name, mounts, options) => this.activate(namespace, name, mounts, options),
      deactivate: (name, options) => this.deactivate(namespace, name, options),
      info: (name) => Promise.resolve().then(() => toActivation(name, this.#table.get(namespace, name))),
      async *list() {
        yield* list()
      },
    }
  }

  async activate(
    namespace: Namespace,
    name: string,
    mounts: readonly Mount[],
    options: ActivateOptions = {},
  ): Promise<MountActivation> {
    if (name === '') throw new InvalidArgumentError('activation name must not be empty')
    const labels = storedLabels(options.labels)
    checkLabels(labels)
    const temporary = options.temporary === true
    const plan = planActivation({ mounts, handlers: this.#handlers, transformers: this.#transformers, temporary })
    using _lock = await this.#lock(namespace, name, options.signal)
    const id = await this.#table.begin(namespace, name, labels, options.lease)
    try {
      await this.#points.create(id)
      const { active, system } = await this.#mountAll(id, plan, options)
      const whole = { active, system: temporary ? [bindOf(active)] : system }
      return toActivation(name, await this.#table.complete(namespace, name, whole))
    } catch (error) {
      await this.#clear(id)
      await this.#table.forget(namespace, name)
      throw error
    }
  }

  async deactivate(namespace: Namespace, name: string, options: CallOptions = {}): Promise<void> {
    using _lock = await this.#lock(namespace, name, options.signal)
    const { id } = this.#table.get(namespace, name)
    await this.#remove(namespace, name, id)
  }

  /** Removes an activation, unless another one has its name by now. */
  async deactivateExactly({ namespace, name, record: { id } }: NamedActivation): Promise<void> {
    using _lock = await this.#lock(namespace, name)
    try {
      if (this.#table.get(namespace, name).id === id) await this.#remove(namespace, name, id)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  /** Whole activations of all namespaces. */
  all(): readonly NamedActivation[] {
    return this.#table.list()
  }

  /** Tries again to unmount what has no record any more: it was in use when its activation ended. */
  async clearLeftOvers(): Promise<void> {
    const found = await this.#points.ids() // first: an activation that begins now has its record before its directory
    const recorded = this.#table.ids()
    for (const id of found) if (!recorded.has(id)) await this.#clear(id)
  }

  /** Once, before anything else. */
  async recover(bootId: string): Promise<void> {
    await this.#table.startBoot(bootId, Math.max(0, ...(await this.#points.ids())))
    const kept = new Set<number>()
    for (const { record } of this.#table.list()) if (await this.#points.isWhole(record.active)) kept.add(record.id)
    await this.#table.keepOnly(kept)
    await this.clearLeftOvers()
  }

  async #mountAll(
    id: number,
    { mounts, activeCount }: ActivationPlan,
    options: CallOptions,
  ): Promise<{ readonly active: readonly ActiveMount[]; readonly system: readonly Mount[] }> {
    const active: ActiveMount[] = []
    const system: Mount[] = []
    for (const [index, { mount: asked, transformers }] of mounts.entries()) {
      let mount = asked
      for (const transformer of transformers) mount = await transformer.transform(mount, active, options)
      options.signal?.throwIfAborted()
      if (index >= activeCount) system.push(mount)
      else active.push(await this.#points.mount(id, mount, { index, count: activeCount }, options))
    }
    return { active, system }
  }

  /** The name is free at once; a mount in use is tried again by the next collection. */
  async #remove(namespace: Namespace, name: string, id: number): Promise<void> {
    await this.#table.forget(namespace, name)
    await this.#points.remove(id)
  }

  async #clear(id: number): Promise<void> {
    try {
      await this.#points.remove(id)
    } catch (error) {
      this.#logger.warn('left-over mount points stay', { id, error })
    }
  }

  #lock(namespace: Namespace, name: string, signal?: AbortSignal): Promise<Held> {
    return this.#locks.acquire(`${namespace}\0${name}`, signal)
  }
}

const bindOf = (active: readonly ActiveMount[]): Mount => ({
  type: 'bind',
  source: active.at(-1)?.mountPoint ?? '',
  options: ['rbind'],
})

const toActivation = (name: string, { active, system, labels }: ActivationRecord): MountActivation => ({
  name,
  active,
  system,
  labels,
})
