// SPDX-License-Identifier: Apache-2.0
import { readdirSync, renameSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { CallOptions, Logger } from '@containerd-ts/core'
import { errnoOf } from '@containerd-ts/errdefs'
import type { SnapshotRecord } from './snapshot-record.ts'
import type { SnapshotStore } from './snapshot-store.ts'
import type { SnapshotEditor } from './snapshot-transaction.ts'

export interface NewSnapshot<T> extends CallOptions {
  /** Puts what belongs into the fresh directory; it may take its time. */
  fill(path: string): Promise<void>
  /** Records the snapshot. */
  record(snapshots: SnapshotEditor): SnapshotRecord
  /** What the call answers, from the state that holds the record. */
  answer(record: SnapshotRecord, snapshots: SnapshotEditor): T
}

/**
 * Directories named by id, one per record. A new one is built under another name and renamed inside the transaction
 * that records it: after a crash there may be a directory without a record, never a record without its directory.
 */
export class SnapshotDirectories {
  readonly path: string
  readonly #records: SnapshotStore
  readonly #logger: Logger
  /** Names of directories in the making; no sweep may take them. */
  readonly #making = new Set<string>()

  /** @param path - exists, and holds nothing else */
  constructor(path: string, records: SnapshotStore, logger: Logger) {
    this.path = path
    this.#records = records
    this.#logger = logger
  }

  of(id: number): string {
    return join(this.path, String(id))
  }

  async create<T>(wanted: NewSnapshot<T>): Promise<T> {
    wanted.signal?.throwIfAborted()
    const fresh = await mkdtemp(join(this.path, 'new-'))
    this.#making.add(basename(fresh))
    let placed = false
    try {
      await wanted.fill(fresh)
      let synced: Promise<void> | undefined
      const { signal } = wanted
      const answer = await this.#records.write(
        (snapshots) => {
          const record = wanted.record(snapshots)
          moveIntoPlace(fresh, this.of(record.id))
          placed = true
          synced = syncDirectory(this.path)
          synced.catch(() => {}) // awaited below, after the write's own failure
          return wanted.answer(record, snapshots)
        },
        { signal },
      )
      await synced
      return answer
    } catch (error) {
      if (placed) await this.cleanup()
      else await this.discard(fresh)
      throw error
    } finally {
      this.#making.delete(basename(fresh))
    }
  }

  /** Removes every directory without a record. */
  async cleanup(options: CallOptions = {}): Promise<void> {
    // In a write: no snapshot is half made while names and ids are compared.
    const stale = await this.#records.write(
      (snapshots) => {
        const ids = snapshots.ids()
        return readdirSync(this.path).filter((name) => !ids.has(Number(name)) && !this.#making.has(name))
      },
      { signal: options.signal, durability: 'ordered' },
    )
    for (const name of stale) {
      options.signal?.throwIfAborted()
      await this.discard(join(this.path, name))
    }
  }

  /** Removes a tree; what cannot be removed is left to a later clean-up. */
  async discard(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
      this.#logger.warn('directory of a removed snapshot stays', { path, error })
    })
  }
}

/** A crash between rename and record left the id free and its directory taken. */
function moveIntoPlace(fresh: string, place: string): void {
  try {
    renameSync(fresh, place)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno !== 'ENOTEMPTY' && errno !== 'EEXIST') throw error
    renameSync(place, `${fresh}-stale`)
    renameSync(fresh, place)
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r')
  await directory.sync()
}
