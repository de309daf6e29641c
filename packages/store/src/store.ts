// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises'
import { open, type RootDatabase } from 'lmdb'
import { UnavailableError } from '@containerd-ts/errdefs'
import { lockDirectory } from '@containerd-ts/native-sys'
import type { Database, ReadTransaction, Snapshot, WriteOptions, WriteTransaction } from './database.ts'
import { encodeKey } from './key.ts'
import { applySchema } from './schema.ts'
import { LmdbTransaction, type Lmdb } from './transaction.ts'

export interface OpenStoreOptions {
  /** Address space reserved for the map, in bytes; the file grows only as it is used. Default 64 GiB. */
  readonly mapSizeBytes?: number | undefined
}

/** One LMDB environment. */
export interface Store extends Database, AsyncDisposable {
  readonly path: string
}

/**
 * Opens the store in directory `path`, creating it (0700) when missing, and keeps every other process out.
 * @throws {FailedPreconditionError} another process has it open, named by its pid; or a newer release wrote it
 */
export async function openStore(path: string, options: OpenStoreOptions = {}): Promise<Store> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await using undo = new AsyncDisposableStack()
  const lock = undo.use(await lockDirectory(path))
  const root = open<unknown, Buffer>({
    path,
    noSubdir: false,
    mapSize: options.mapSizeBytes ?? 64 * 2 ** 30,
    maxReaders: 256,
    keyEncoding: 'binary',
    encoding: 'msgpack',
    // As maps: a record that described its own shape would cost twice the time to read. Either is read.
    encoder: { useRecords: false, mapsAsObjects: true },
  })
  undo.defer(() => root.close())
  const store = new LmdbStore(path, root, lock)
  await applySchema(store, { name: 'store', version: 1, upgrade: () => {} })
  undo.move()
  return store
}

class LmdbDatabase implements Database {
  readonly #db: Lmdb
  readonly #prefix: Buffer
  readonly #state: { closed: boolean }

  constructor(db: Lmdb, prefix: Buffer, state: { closed: boolean }) {
    this.#db = db
    this.#prefix = prefix
    this.#state = state
  }

  read<T>(work: (tx: ReadTransaction) => T): T {
    this.#checkOpen()
    using tx = new LmdbTransaction(this.#db, this.#prefix, 'read')
    return refusePromise(work(tx))
  }

  async write<T>(work: (tx: WriteTransaction) => T, options: WriteOptions = {}): Promise<T> {
    this.#checkOpen()
    options.signal?.throwIfAborted()
    try {
      // Boxed: lmdb would hold the transaction open for a thenable.
      const box = await this.#db.childTransaction(() => {
        options.signal?.throwIfAborted()
        using tx = new LmdbTransaction(this.#db, this.#prefix, 'write')
        return { value: refusePromise(work(tx)) }
      })
      return box.value
    } finally {
      // Also after a refusal: it may rest on a record that is visible but not on disk yet.
      if (options.durability !== 'ordered') await this.#db.flushed
    }
  }

  snapshot(): Snapshot {
    this.#checkOpen()
    this.#db.resetReadTxn()
    return new LmdbTransaction(this.#db, this.#prefix, this.#db.useReadTransaction())
  }

  sub(name: string): Database {
    return new LmdbDatabase(this.#db, encodeKey(this.#prefix, [0, name]), this.#state)
  }

  #checkOpen(): void {
    if (this.#state.closed) throw new UnavailableError('store is closed')
  }
}

class LmdbStore extends LmdbDatabase implements Store {
  readonly path: string
  readonly #root: RootDatabase<unknown, Buffer>
  readonly #lock: AsyncDisposable
  readonly #shared: { closed: boolean }

  constructor(path: string, root: RootDatabase<unknown, Buffer>, lock: AsyncDisposable) {
    const shared = { closed: false }
    super(root, Buffer.alloc(0), shared)
    this.path = path
    this.#root = root
    this.#lock = lock
    this.#shared = shared
  }

  /** Waits for writes under way, then lets the next process in. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#shared.closed) return
    this.#shared.closed = true
    await using _lock = this.#lock
    await this.#root.flushed
    await this.#root.close()
  }
}

function refusePromise<T>(result: T): T {
  const then = typeof result === 'object' && result !== null ? (result as { then?: unknown }).then : undefined
  if (typeof then !== 'function') return result
  // The work goes on without its transaction and will fail there; that failure has no other reader.
  Promise.resolve(result).catch(() => {})
  throw new TypeError('a transaction callback must not return a promise')
}
