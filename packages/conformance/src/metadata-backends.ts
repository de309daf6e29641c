// SPDX-License-Identifier: Apache-2.0
import {
  matchesAny,
  updatedLabels,
  type DomainEvent,
  type EventPublisher,
  type FieldPaths,
  type Filter,
  type Labels,
  type Mount,
  type Namespace,
  type SnapshotBackend,
  type SnapshotCommitOptions,
  type SnapshotCreateOptions,
  type SnapshotInfo,
  type SnapshotKind,
  type SnapshotUsage,
} from '@containerd-ts/core'
import {
  AlreadyExistsError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
} from '@containerd-ts/errdefs'

/** Snapshots without files, for suites that are about records. */
export class MemorySnapshotBackend implements SnapshotBackend {
  readonly capabilities: readonly string[] = ['rebase']
  /** Calls of `cleanup` so far. */
  cleanups = 0
  /** Names whose removal fails. */
  readonly stuck = new Set<string>()
  readonly #infos = new Map<string, SnapshotInfo>()

  get names(): readonly string[] {
    return [...this.#infos.keys()]
  }

  async stat(key: string): Promise<SnapshotInfo> {
    return this.#get(key)
  }

  async update(name: string, labels: Labels, paths?: FieldPaths): Promise<SnapshotInfo> {
    const info = this.#get(name)
    const updated = {
      ...info,
      labels: updatedLabels(info.labels, labels, paths, `snapshot "${name}"`),
      updatedAt: new Date(),
    }
    this.#infos.set(name, updated)
    return updated
  }

  async usage(key: string): Promise<SnapshotUsage> {
    this.#get(key)
    return { sizeBytes: key.length, inodes: 1 }
  }

  async mounts(key: string): Promise<readonly Mount[]> {
    const { kind } = this.#get(key)
    if (kind === 'committed') throw new FailedPreconditionError(`snapshot ${key} is committed`)
    return [{ type: 'bind', source: `/memory/${key}`, options: [kind === 'view' ? 'ro' : 'rw'] }]
  }

  async prepare(key: string, parent?: string, options: SnapshotCreateOptions = {}): Promise<readonly Mount[]> {
    return await this.#create('active', key, parent, options)
  }

  async view(key: string, parent?: string, options: SnapshotCreateOptions = {}): Promise<readonly Mount[]> {
    return await this.#create('view', key, parent, options)
  }

  async commit(name: string, key: string, options: SnapshotCommitOptions = {}): Promise<void> {
    const info = this.#get(key)
    if (info.kind !== 'active') throw new FailedPreconditionError(`snapshot ${key} is not active`)
    if (this.#infos.has(name)) throw AlreadyExistsError.of('snapshot', name)
    const parent = info.parent ?? options.parent
    if (parent !== undefined) this.#parent(parent)
    this.#infos.delete(key)
    this.#infos.set(name, make('committed', name, parent, options.labels))
  }

  async remove(key: string): Promise<void> {
    this.#get(key)
    if (this.stuck.has(key)) throw new Error(`snapshot ${key} is stuck`)
    for (const { parent } of this.#infos.values()) {
      if (parent === key) throw new FailedPreconditionError(`snapshot ${key} has children`)
    }
    this.#infos.delete(key)
  }

  async *list(filters?: readonly Filter[]): AsyncIterable<SnapshotInfo> {
    const lookup = (info: SnapshotInfo) => (path: readonly string[]) =>
      path.join('.') === 'name' ? info.name : undefined
    yield* [...this.#infos.values()].filter((info) => matchesAny(filters, lookup(info)))
  }

  async cleanup(): Promise<void> {
    this.cleanups++
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #create(
    kind: SnapshotKind,
    key: string,
    parent: string | undefined,
    options: SnapshotCreateOptions,
  ): Promise<readonly Mount[]> {
    if (this.#infos.has(key)) throw AlreadyExistsError.of('snapshot', key)
    if (parent !== undefined) this.#parent(parent)
    this.#infos.set(key, make(kind, key, parent, options.labels))
    return await this.mounts(key)
  }

  #parent(name: string): void {
    const info = this.#infos.get(name)
    if (info === undefined) throw NotFoundError.of('parent snapshot', name)
    if (info.kind !== 'committed') throw new InvalidArgumentError(`parent ${name} is not committed`)
  }

  #get(key: string): SnapshotInfo {
    const info = this.#infos.get(key)
    if (info === undefined) throw NotFoundError.of('snapshot', key)
    return info
  }
}

const make = (kind: SnapshotKind, name: string, parent: string | undefined, labels: Labels = {}): SnapshotInfo => ({
  kind,
  name,
  ...(parent === undefined ? {} : { parent }),
  labels,
  createdAt: new Date(),
  updatedAt: new Date(),
})

/** Keeps what was published. */
export class RecordingPublisher implements EventPublisher {
  readonly published: { readonly namespace: Namespace; readonly event: DomainEvent }[] = []

  async publish(namespace: Namespace, event: DomainEvent): Promise<void> {
    this.published.push({ namespace, event })
  }

  /** Topics since the last call. */
  takeTopics(): string[] {
    return this.published.splice(0).map(({ event }) => event.topic)
  }
}
