// SPDX-License-Identifier: Apache-2.0
import { chown, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  silentLogger,
  type CallOptions,
  type FieldPaths,
  type Filter,
  type Labels,
  type Logger,
  type Mount,
  type Mounter,
  type SnapshotBackend,
  type SnapshotCommitOptions,
  type SnapshotCreateOptions,
  type SnapshotInfo,
  type SnapshotUsage,
} from '@containerd-ts/core'
import { FailedPreconditionError, UnimplementedError } from '@containerd-ts/errdefs'
import { parseIdMappings, toHostId } from '@containerd-ts/mount'
import { native, type FileCalls } from '@containerd-ts/native-sys'
import { SnapshotDirectories, SnapshotStore, type SnapshotRecord } from '@containerd-ts/snapshot-store'
import { openStore, type Database } from '@containerd-ts/store'
import { gidMappingLabel, uidMappingLabel, upperdirLabel, type OverlayConfig } from './overlay-config.ts'
import { OverlayLayout } from './overlay-layout.ts'
import { mountsOf, type MountContext } from './overlay-mounts.ts'
import { probeOverlay } from './overlay-probe.ts'

export interface OverlaySnapshotterInit {
  /** Directory of the snapshotter, made (0700) when missing. One process at a time may use it. */
  readonly root: string
  /** For the probe at the start. */
  readonly mounter: Mounter
  /** Where records are kept. Default: a store of its own in `<root>/metadata`. */
  readonly database?: Database | undefined
  readonly config?: OverlayConfig | undefined
  readonly logger?: Logger | undefined
  readonly calls?: Pick<FileCalls, 'diskUsage'> | undefined
}

interface Parts {
  readonly records: SnapshotStore
  readonly context: MountContext
  readonly capabilities: readonly string[]
  readonly ownStore: AsyncDisposable | undefined
}

/** Snapshots as directories that overlayfs stacks. */
export class OverlaySnapshotter implements SnapshotBackend {
  readonly root: string
  readonly capabilities: readonly string[]
  readonly #records: SnapshotStore
  readonly #directories: SnapshotDirectories
  readonly #context: MountContext
  readonly #layout: OverlayLayout
  readonly #config: OverlayConfig
  readonly #calls: Pick<FileCalls, 'diskUsage'>
  readonly #ownStore: AsyncDisposable | undefined

  private constructor(init: OverlaySnapshotterInit, parts: Parts) {
    this.root = init.root
    this.capabilities = parts.capabilities
    this.#records = parts.records
    this.#context = parts.context
    this.#layout = parts.context.layout
    this.#directories = new SnapshotDirectories(this.#layout.snapshots, parts.records, init.logger ?? silentLogger)
    this.#config = init.config ?? {}
    this.#calls = init.calls ?? native
    this.#ownStore = parts.ownStore
  }

  /** @throws {FailedPreconditionError} overlayfs does not work on the file system of `root` */
  static async open(init: OverlaySnapshotterInit): Promise<OverlaySnapshotter> {
    await using undo = new AsyncDisposableStack()
    const layout = new OverlayLayout(init.root)
    await mkdir(layout.snapshots, { recursive: true, mode: 0o700 })
    const configured = init.config?.mountOptions ?? []
    const support = await probeOverlay(init.root, init.mounter, configured)
    const ownStore = init.database === undefined ? undo.use(await openStore(join(init.root, 'metadata'))) : undefined
    const records = await SnapshotStore.open((init.database ?? ownStore) as Database)
    const capabilities = [
      ...(support.remapIds ? ['remap-ids'] : []),
      ...(init.config?.slowChown === true ? [] : ['only-remap-ids']),
      ...(support.inUserNamespace ? [] : ['rebase']),
    ]
    undo.move()
    const context = { layout, options: [...configured, ...support.options], remapIds: support.remapIds }
    return new OverlaySnapshotter(init, { records, context, capabilities, ownStore })
  }

  async stat(key: string, options: CallOptions = {}): Promise<SnapshotInfo> {
    options.signal?.throwIfAborted()
    return this.#shown(this.#records.read((snapshots) => snapshots.get(key)))
  }

  async update(name: string, labels: Labels, paths?: FieldPaths, options: CallOptions = {}): Promise<SnapshotInfo> {
    await this.#records.write((snapshots) => snapshots.update(name, labels, paths), options)
    return this.stat(name)
  }

  async usage(key: string, options: CallOptions = {}): Promise<SnapshotUsage> {
    options.signal?.throwIfAborted()
    const { id, info, usage } = this.#records.read((snapshots) => snapshots.get(key))
    return info.kind === 'active' ? this.#calls.diskUsage(this.#layout.upper(id)) : usage
  }

  async mounts(key: string, options: CallOptions = {}): Promise<readonly Mount[]> {
    options.signal?.throwIfAborted()
    return this.#records.read((snapshots) => {
      const record = snapshots.get(key)
      if (record.info.kind === 'committed')
        throw new FailedPreconditionError(`snapshot ${key} is committed and has no mounts`)
      return mountsOf(this.#context, record, snapshots.parentIds(record))
    })
  }

  async prepare(key: string, parent?: string, options?: SnapshotCreateOptions): Promise<readonly Mount[]> {
    return this.#create('active', key, parent, options)
  }

  async view(key: string, parent?: string, options?: SnapshotCreateOptions): Promise<readonly Mount[]> {
    return this.#create('view', key, parent, options)
  }

  async commit(name: string, key: string, options: SnapshotCommitOptions = {}): Promise<void> {
    if ((options.parent ?? '') !== '' && !this.capabilities.includes('rebase')) {
      throw new UnimplementedError(`snapshot ${key}: a parent given at the commit`)
    }
    const usage = await this.#calls.diskUsage(
      this.#layout.upper(this.#records.read((snapshots) => snapshots.get(key)).id),
    )
    await this.#records.write((snapshots) => snapshots.commit(name, key, usage, options), options)
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    await this.#records.write((snapshots) => snapshots.remove(key), options)
    if (this.#config.syncRemove === true) await this.cleanup()
  }

  async *list(filters?: readonly Filter[], options?: CallOptions): AsyncIterable<SnapshotInfo> {
    for await (const info of this.#records.list(filters, options)) {
      yield this.#config.upperdirLabel === true ? this.stat(info.name) : info
    }
  }

  async cleanup(options?: CallOptions): Promise<void> {
    await this.#directories.cleanup(options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ownStore?.[Symbol.asyncDispose]()
  }

  async #create(
    kind: 'active' | 'view',
    key: string,
    parent: string | undefined,
    options: SnapshotCreateOptions = {},
  ): Promise<readonly Mount[]> {
    return this.#directories.create({
      signal: options.signal,
      fill: (path) => this.#fill(path, kind, parent, options.labels ?? {}),
      record: (snapshots) => snapshots.create(kind, key, parent, options.labels),
      answer: (record, snapshots) => mountsOf(this.#context, record, snapshots.parentIds(record)),
    })
  }

  async #fill(path: string, kind: 'active' | 'view', parent: string | undefined, labels: Labels): Promise<void> {
    const upper = join(path, 'fs')
    await mkdir(upper, { mode: 0o755 })
    if (kind === 'active') await mkdir(join(path, 'work'), { mode: 0o711 })
    const owner = mappedRoot(labels) ?? (await this.#ownerOf(parent))
    if (owner !== undefined && (owner.uid !== 0 || owner.gid !== 0)) await chown(upper, owner.uid, owner.gid)
  }

  async #ownerOf(parent: string | undefined): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
    if (parent === undefined || parent === '') return undefined
    const record = this.#records.read((snapshots) => snapshots.find(parent))
    return record === undefined ? undefined : stat(this.#layout.upper(record.id))
  }

  #shown({ id, info }: SnapshotRecord): SnapshotInfo {
    if (this.#config.upperdirLabel !== true) return info
    return { ...info, labels: { ...info.labels, [upperdirLabel]: this.#layout.upper(id) } }
  }
}

function mappedRoot(labels: Labels): { readonly uid: number; readonly gid: number } | undefined {
  const uid = labels[uidMappingLabel]
  const gid = labels[gidMappingLabel]
  if (uid === undefined || gid === undefined) return undefined
  const owner = { uid: toHostId(parseIdMappings(uid), 0), gid: toHostId(parseIdMappings(gid), 0) }
  if (owner.uid === undefined || owner.gid === undefined) {
    throw new FailedPreconditionError(`id mappings ${uid} and ${gid} do not map root`)
  }
  return { uid: owner.uid, gid: owner.gid }
}
