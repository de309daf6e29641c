// SPDX-License-Identifier: Apache-2.0
import { readdirSync, renameSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  silentLogger,
  type CallOptions,
  type FieldPaths,
  type Filter,
  type Labels,
  type Logger,
  type Mount,
  type SnapshotBackend,
  type SnapshotCommitOptions,
  type SnapshotCreateOptions,
  type SnapshotInfo,
  type SnapshotUsage,
} from '@containerd-ts/core'
import { FailedPreconditionError, UnimplementedError } from '@containerd-ts/errdefs'
import { native, type FileCalls } from '@containerd-ts/native-sys'
import { SnapshotStore, type SnapshotRecord } from '@containerd-ts/snapshot-store'
import { openStore, type Database } from '@containerd-ts/store'
import { copyTree, type CopyCalls } from './copy-tree.ts'

export interface NativeSnapshotterInit {
  /** Directory of the snapshotter, made (0700) when missing. One process at a time may use it. */
  readonly root: string
  /** Where records are kept. Default: a store of its own in `<root>/metadata`. */
  readonly database?: Database | undefined
  readonly logger?: Logger | undefined
  readonly calls?: (CopyCalls & Pick<FileCalls, 'diskUsage' | 'fsyncDirectory'>) | undefined
}

/** Snapshots as full copies of their parents: slow and large, and at home on every file system. */
export class NativeSnapshotter implements SnapshotBackend {
  readonly root: string
  readonly capabilities: readonly string[] = []
  readonly #snapshots: string
  readonly #records: SnapshotStore
  readonly #logger: Logger
  readonly #calls: CopyCalls & Pick<FileCalls, 'diskUsage' | 'fsyncDirectory'>
  readonly #ownStore: AsyncDisposable | undefined
  readonly #making = new Set<string>()

  private constructor(init: NativeSnapshotterInit, records: SnapshotStore, ownStore: AsyncDisposable | undefined) {
    this.root = init.root
    this.#snapshots = join(init.root, 'snapshots')
    this.#records = records
    this.#logger = init.logger ?? silentLogger
    this.#calls = init.calls ?? native
    this.#ownStore = ownStore
  }

  static async open(init: NativeSnapshotterInit): Promise<NativeSnapshotter> {
    await using undo = new AsyncDisposableStack()
    await mkdir(join(init.root, 'snapshots'), { recursive: true, mode: 0o700 })
    const ownStore = init.database === undefined ? undo.use(await openStore(join(init.root, 'metadata'))) : undefined
    const records = await SnapshotStore.open((init.database ?? ownStore) as Database)
    undo.move()
    return new NativeSnapshotter(init, records, ownStore)
  }

  async stat(key: string, options: CallOptions = {}): Promise<SnapshotInfo> {
    options.signal?.throwIfAborted()
    return this.#records.read((snapshots) => snapshots.get(key).info)
  }

  async update(name: string, labels: Labels, paths?: FieldPaths, options: CallOptions = {}): Promise<SnapshotInfo> {
    return this.#records.write((snapshots) => snapshots.update(name, labels, paths), options)
  }

  /** Of a copy, parents included: nothing is shared. */
  async usage(key: string, options: CallOptions = {}): Promise<SnapshotUsage> {
    options.signal?.throwIfAborted()
    const { id, info, usage } = this.#records.read((snapshots) => snapshots.get(key))
    return info.kind === 'active' ? this.#calls.diskUsage(this.#directory(id)) : usage
  }

  async mounts(key: string, options: CallOptions = {}): Promise<readonly Mount[]> {
    options.signal?.throwIfAborted()
    return this.#records.read((snapshots) => {
      const record = snapshots.get(key)
      if (record.info.kind === 'committed')
        throw new FailedPreconditionError(`snapshot ${key} is committed and has no mounts`)
      return this.#mountsOf(record, snapshots.parentIds(record))
    })
  }

  async prepare(key: string, parent?: string, options?: SnapshotCreateOptions): Promise<readonly Mount[]> {
    return this.#create('active', key, parent, options)
  }

  async view(key: string, parent?: string, options?: SnapshotCreateOptions): Promise<readonly Mount[]> {
    return this.#create('view', key, parent, options)
  }

  async commit(name: string, key: string, options: SnapshotCommitOptions = {}): Promise<void> {
    if ((options.parent ?? '') !== '') throw new UnimplementedError(`snapshot ${key}: a parent given at the commit`)
    const usage = await this.#calls.diskUsage(this.#directory(this.#records.read((snapshots) => snapshots.get(key)).id))
    await this.#records.write((snapshots) => snapshots.commit(name, key, usage, options), options)
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    let discarded = ''
    await this.#records.write((snapshots) => {
      const { id } = snapshots.remove(key)
      discarded = join(this.#snapshots, `rm-${id}`)
      renameSync(this.#directory(id), discarded)
    }, options)
    if (discarded !== '') await this.#discard(discarded)
  }

  async *list(filters?: readonly Filter[], options?: CallOptions): AsyncIterable<SnapshotInfo> {
    yield* this.#records.list(filters, options)
  }

  /** Removes copies that a kill left half made or half removed. */
  async cleanup(options: CallOptions = {}): Promise<void> {
    const stale = await this.#records.write(
      (snapshots) => {
        const ids = snapshots.ids()
        return readdirSync(this.#snapshots).filter((name) => !ids.has(Number(name)) && !this.#making.has(name))
      },
      { ...options, durability: 'ordered' },
    )
    for (const name of stale) await this.#discard(join(this.#snapshots, name))
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
    options.signal?.throwIfAborted()
    const fresh = await mkdtemp(join(this.#snapshots, 'new-'))
    this.#making.add(basename(fresh))
    let place = fresh
    try {
      await chmod(fresh, 0o755)
      const base =
        parent === undefined || parent === '' ? undefined : this.#records.read((snapshots) => snapshots.find(parent))
      if (kind === 'active' && base?.info.kind === 'committed') {
        await copyTree(this.#calls, this.#directory(base.id), fresh, options.signal)
      }
      let synced: Promise<void> | undefined
      const mounts = await this.#records.write((snapshots) => {
        const record = snapshots.create(kind, key, parent, options.labels)
        place = this.#directory(record.id)
        renameSync(fresh, place)
        synced = this.#calls.fsyncDirectory(this.#snapshots)
        synced.catch(() => {}) // awaited below, after the write's own failure
        return this.#mountsOf(record, snapshots.parentIds(record))
      }, options)
      await synced
      return mounts
    } catch (error) {
      await this.#discard(fresh)
      if (place !== fresh) await this.cleanup()
      throw error
    } finally {
      this.#making.delete(basename(fresh))
    }
  }

  #mountsOf({ id, info }: SnapshotRecord, parentIds: readonly number[]): readonly Mount[] {
    const [nearest] = parentIds
    const source = this.#directory(info.kind === 'view' && nearest !== undefined ? nearest : id)
    return [{ type: 'bind', source, options: ['rbind', info.kind === 'view' ? 'ro' : 'rw'] }]
  }

  #directory(id: number): string {
    return join(this.#snapshots, String(id))
  }

  async #discard(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      this.#logger.warn('directory of a removed snapshot stays', { path, error })
    })
  }
}
