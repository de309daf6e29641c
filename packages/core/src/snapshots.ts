// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { FieldPaths } from './field-mask.ts'
import type { Filter } from './filter.ts'
import type { Labels } from './labels.ts'
import type { Mount } from './mounts.ts'

/** `active` is writable and named by its key, `committed` is a parent to others, `view` is read-only. */
export type SnapshotKind = 'active' | 'committed' | 'view'

export interface SnapshotInfo {
  readonly kind: SnapshotKind
  /** Key of an active snapshot or view, name of a committed one: one name space for all. */
  readonly name: string
  /** Name of the committed parent; absent for a base. */
  readonly parent?: string | undefined
  readonly labels: Labels
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Disk use of one layer alone, without its parents. */
export interface SnapshotUsage {
  readonly sizeBytes: number
  readonly inodes: number
}

export interface SnapshotCreateOptions extends CallOptions {
  readonly labels?: Labels | undefined
}

export interface SnapshotCommitOptions extends CallOptions {
  /** Replace the active snapshot's labels; nothing is inherited. */
  readonly labels?: Labels | undefined
  /** Rebase: gives a parent to an active snapshot that has none. Only where `capabilities` holds `rebase`. */
  readonly parent?: string | undefined
}

/**
 * Layered file system states.
 * A committed snapshot never changes. Names are unique over all kinds. Parents must be committed and outlive
 * their children. Every call is atomic: after a crash a snapshot is there whole or not at all.
 */
export interface Snapshotter {
  /** @throws {NotFoundError} */
  stat(key: string, options?: CallOptions): Promise<SnapshotInfo>
  /** Changes labels, nothing else. @throws {NotFoundError} @throws {InvalidArgumentError} a path that is no label */
  update(name: string, labels: Labels, paths?: FieldPaths, options?: CallOptions): Promise<SnapshotInfo>
  /** @throws {NotFoundError} */
  usage(key: string, options?: CallOptions): Promise<SnapshotUsage>
  /** Mounts of an active snapshot or view. @throws {FailedPreconditionError} committed @throws {NotFoundError} */
  mounts(key: string, options?: CallOptions): Promise<readonly Mount[]>
  /**
   * New writable snapshot on `parent`, or an empty one.
   * @throws {AlreadyExistsError} the key is taken; also when label `containerd.io/snapshot.ref` names one that exists
   * @throws {NotFoundError} no such parent @throws {InvalidArgumentError} the parent is not committed
   */
  prepare(key: string, parent?: string, options?: SnapshotCreateOptions): Promise<readonly Mount[]>
  /** As `prepare`, read-only; the result cannot be committed. */
  view(key: string, parent?: string, options?: SnapshotCreateOptions): Promise<readonly Mount[]>
  /**
   * Turns active `key` into committed `name`; the key is gone afterwards.
   * @throws {AlreadyExistsError} the name is taken @throws {FailedPreconditionError} `key` is not active
   */
  commit(name: string, key: string, options?: SnapshotCommitOptions): Promise<void>
  /** @throws {NotFoundError} @throws {FailedPreconditionError} it has children */
  remove(key: string, options?: CallOptions): Promise<void>
  list(filters?: readonly Filter[], options?: CallOptions): AsyncIterable<SnapshotInfo>
  /** Frees what removed snapshots left behind; idempotent. @throws {UnimplementedError} nothing to clean in this kind */
  cleanup(options?: CallOptions): Promise<void>
}

/** A snapshotter as the daemon plugs it in. */
export interface SnapshotBackend extends Snapshotter, AsyncDisposable {
  /** Such as `rebase`, `remap-ids`, `only-remap-ids`. */
  readonly capabilities: readonly string[]
}
