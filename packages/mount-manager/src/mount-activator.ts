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
import { AlreadyExistsError, InvalidArgumentError, NotFoundError } from '@containerd-ts/errdefs'
import { KeyedLock } from '@containerd-ts/lifecycle'
import { native } from '@containerd-ts/native-sys'
import type { Database, WriteTransaction } from '@containerd-ts/store'
import { planActivation } from './activation-plan.ts'
import type { ActivationPlan } from './activation-plan.ts'
import { MountPoints } from './mount-points.ts'
import { activations, boots, counters } from './records.ts'
import type { ActivationRecord } from './records.ts'
import { AllowedRoots } from './transform/allowed-roots.ts'
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
  readonly calls?: MkfsCalls | undefined
  /** Names the boot. Default: what the kernel says. */
  readonly bootId?: string | undefined
}

/** Records are of this boot only; they follow the mounts, so their order is enough. */
const ordered = { durability: 'ordered' } as const

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
  readonly #database: Database
  readonly #points: MountPoints
  readonly #handlers: ReadonlyMap<string, MountHandler>
  readonly #transformers: ReadonlyMap<string, Transformer>
  readonly #logger: Logger
  readonly #locks = new KeyedLock()

  constructor(init: MountActivatorInit) {
    const roots = new AllowedRoots([...(init.allowedRoots ?? []), init.targetRoot])
    this.#database = init.database
    this.#handlers = new Map((init.handlers ?? []).map((handler) => [handler.type, handler]))
    this.#points = new MountPoints(init.targetRoot, init.mounter, this.#handlers)
    this.#logger = init.logger ?? silentLogger
    this.#transformers = new Map<string, Transformer>([
      ['format', formatTransformer],
      ['mkdir', mkdirTransformer(roots)],
      ['mkfs', mkfsTransformer(init.calls ?? native, roots)],
    ])
  }

  in(namespace: Namespace): MountManager {
    return {
      activate: (name, mounts, options) => this.activate(namespace, name, mounts, options),
      deactivate: (name, options) => this.deactivate(namespace, name, options),
      info: (name) => Promise.resolve().then(() => toActivation(name, this.#shown(namespace, name))),
      list: () => this.#list(namespace),
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
    const plan = planActivation(mounts, this.#handlers, this.#transformers, options.temporary === true)
    using _lock = await this.#lock(namespace, name, options)
    const id = await this.#begin(namespace, name, { labels, lease: options.lease })
    try {
      await this.#points.create(id)
      const { active, system } = await this.#mountAll(id, plan, options)
      const done = options.temporary === true ? [bindOf(active)] : system
      return await this.#change(namespace, name, (record) => ({ ...record, state: 'active', active, system: done }))
    } catch (error) {
      await this.#undo(namespace, name, id)
      throw error
    }
  }

  async deactivate(namespace: Namespace, name: string, options: CallOptions = {}): Promise<void> {
    using _lock = await this.#lock(namespace, name, options)
    const { id } = this.#shown(namespace, name)
    await this.#remove(namespace, name, id, options)
  }

  /** Removes an activation, unless another one has its name by now. */
  async deactivateExactly(namespace: Namespace, name: string, id: number): Promise<void> {
    using _lock = await this.#lock(namespace, name, {})
    const record = this.#database.read((tx) => tx.get(activations, [namespace, name]))
    if (record?.id === id) await this.#remove(namespace, name, id, {})
  }

  /** Activations that are not just being made. */
  records(): readonly { readonly namespace: Namespace; readonly name: string; readonly record: ActivationRecord }[] {
    return this.#database.read((tx) =>
      [...tx.entries(activations)]
        .filter(({ value }) => value.state !== 'activating')
        .map(({ key, value }) => ({ namespace: key[0] as Namespace, name: key[1] as string, record: value })),
    )
  }

  /** Once, before anything else. */
  async recover(bootId: string): Promise<void> {
    const left = await this.#database.write((tx) => {
      if (tx.get(boots, []) !== bootId) {
        tx.deleteAll(activations)
        tx.put(boots, [], bootId)
      }
      return [...tx.entries(activations)]
    }, ordered)
    const existing = new Set(await this.#points.ids())
    const whole = left.filter(({ value }) => value.state === 'active' && existing.has(value.id))
    const kept = new Set(whole.map(({ value }) => value.id))
    for (const id of existing) {
      if (kept.has(id)) continue
      await this.#points.remove(id).catch((error: unknown) => {
        this.#logger.warn('left-over mount points stay', { id, error })
      })
    }
    await this.#database.write((tx) => {
      for (const { key, value } of left) if (!kept.has(value.id)) tx.delete(activations, key)
      const highest = Math.max(0, ...existing)
      if ((tx.get(counters, ['id']) ?? 0) < highest) tx.put(counters, ['id'], highest)
    }, ordered)
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
      else active.push(await this.#points.mount(id, mount, { index, count: mounts.length }, options))
    }
    return { active, system }
  }

  #begin(
    namespace: Namespace,
    name: string,
    { labels, lease }: Pick<ActivationRecord, 'labels'> & { readonly lease: string | undefined },
  ): Promise<number> {
    return this.#database.write((tx) => {
      if (tx.has(activations, [namespace, name])) throw AlreadyExistsError.of('mount', name)
      const id = (tx.get(counters, ['id']) ?? 0) + 1
      tx.put(counters, ['id'], id)
      const owner = lease === undefined ? {} : { lease }
      const fresh = {
        id,
        state: 'activating',
        createdAt: new Date(),
        labels,
        active: [],
        system: [],
        ...owner,
      } as const
      tx.put(activations, [namespace, name], fresh)
      return id
    }, ordered)
  }

  async #change(
    namespace: Namespace,
    name: string,
    change: (record: ActivationRecord) => ActivationRecord,
  ): Promise<MountActivation> {
    const record = await this.#database.write((tx) => {
      const changed = change(present(tx, namespace, name))
      tx.put(activations, [namespace, name], changed)
      return changed
    }, ordered)
    return toActivation(name, record)
  }

  /** Whatever fails here is tried again at the next start. */
  async #undo(namespace: Namespace, name: string, id: number): Promise<void> {
    try {
      await this.#points.remove(id)
      await this.#database.write((tx) => tx.delete(activations, [namespace, name]), ordered)
    } catch (error) {
      this.#logger.warn('mounts of a failed activation stay', { name, id, error })
    }
  }

  async #remove(namespace: Namespace, name: string, id: number, options: CallOptions): Promise<void> {
    await this.#change(namespace, name, (record) => ({ ...record, state: 'deactivating' }))
    await this.#points.remove(id, options)
    await this.#database.write((tx) => tx.delete(activations, [namespace, name]), ordered)
  }

  #lock(namespace: Namespace, name: string, { signal }: CallOptions) {
    return this.#locks.acquire(`${namespace}\0${name}`, signal)
  }

  /** @throws {NotFoundError} also while it is being made */
  #shown(namespace: Namespace, name: string): ActivationRecord {
    const record = this.#database.read((tx) => tx.get(activations, [namespace, name]))
    if (record === undefined || record.state === 'activating') throw NotFoundError.of('mount', name)
    return record
  }

  async *#list(namespace: Namespace): AsyncIterable<MountActivation> {
    const records = this.#database.read((tx) => [...tx.entries(activations, [namespace])])
    for (const { key, value } of records) if (value.state !== 'activating') yield toActivation(key[0] as string, value)
  }
}

function present(tx: WriteTransaction, namespace: Namespace, name: string): ActivationRecord {
  const record = tx.get(activations, [namespace, name])
  if (record === undefined) throw NotFoundError.of('mount', name)
  return record
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
