// SPDX-License-Identifier: Apache-2.0
import { renameSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
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
import { SnapshotDirectories, SnapshotStore, type SnapshotRecord } from '@containerd-ts/snapshot-store'
import { openStore, type Database } from '@containerd-ts/store'
import { copyTree, type CopyCalls } from './copy-tree.ts'

export interface NativeSnapshotterInit {
  /** Directory of the snapshotter, made (0700) when missing. One process at a time may use it. */
  readonly root: string
  /** Where records are kept. Default: a store of its own in `<root>/metadata`. */
  readonly database?: Database | undefined
  readonly logger?: Logger | undefined
  readonly calls?: (CopyCalls & Pick<FileCalls, 'diskUsage'>) | undefined
}

/** Snapshots as full copies of their parents: slow and large, and at home on every file system. */
export class NativeSnapshotter implements SnapshotBackend {
  readonly root: string
  readonly capabilities: readonly string[] = []
  readonly #records: SnapshotStore
  readonly #directories: SnapshotDirectories
  readonly #calls: CopyCalls & Pick<FileCalls, 'diskUsage'>
  readonly #ownStore: AsyncDisposable | undefined

  private constructor(init: NativeSnapshotterInit, records: SnapshotStore, ownStore: AsyncDisposable | undefined) {
    this.root = init.root
    this.#records = records
    this.#directories = new SnapshotDirectories(join(init.root, 'snapshots'), records, init.logger ?? silentLogger)
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
    return info.kind === 'active' ? this.#calls.diskUsage(this.#directories.of(id)) : usage
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
    const usage = await this.#calls.diskUsage(
      this.#directories.of(this.#records.read((snapshots) => snapshots.get(key)).id),
    )
    await this.#records.write((snapshots) => snapshots.commit(name, key, usage, options), options)
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    let discarded = ''
    await this.#records.write((snapshots) => {
      const { id } = snapshots.remove(key)
      discarded = join(this.#directories.path, `rm-${id}`)
      renameSync(this.#directories.of(id), discarded)
    }, options)
    if (discarded !== '') await this.#directories.discard(discarded)
  }

  async *list(filters?: readonly Filter[], options?: CallOptions): AsyncIterable<SnapshotInfo> {
    yield* this.#records.list(filters, options)
  }

  /** Removes copies that a kill left half made or half removed. */
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
      fill: (path) => this.#fill(path, kind, parent, options),
      record: (snapshots) => snapshots.create(kind, key, parent, options.labels),
      answer: (record, snapshots) => this.#mountsOf(record, snapshots.parentIds(record)),
    })
  }

  async #fill(path: string, kind: 'active' | 'view', parent: string | undefined, options: CallOptions): Promise<void> {
    await chmod(path, 0o755)
    if (kind === 'view' || parent === undefined || parent === '') return
    const base = this.#records.read((snapshots) => snapshots.find(parent))
    if (base?.info.kind !== 'committed') return // recording it says what is wrong
    await copyTree(this.#calls, this.#directories.of(base.id), path, options.signal)
  }

  #mountsOf({ id, info }: SnapshotRecord, parentIds: readonly number[]): readonly Mount[] {
    const [nearest] = parentIds
    const source = this.#directories.of(info.kind === 'view' && nearest !== undefined ? nearest : id)
    return [{ type: 'bind', source, options: ['rbind', info.kind === 'view' ? 'ro' : 'rw'] }]
  }
}
