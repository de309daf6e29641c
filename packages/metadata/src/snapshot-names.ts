// SPDX-License-Identifier: Apache-2.0
import type { Database } from '@containerd-ts/store'
import { snapshotNumbers } from './tables.ts'

/** Numbers reserved by one write; those a crash leaves unused are skipped. */
const reserveSize = 1000

interface Reserve {
  next: number
  end: number
}

/**
 * Names snapshots in the backend: `<namespace>/<number>/<key>`, never the same twice, so that a name freed in the
 * metadata may still linger in the backend. Also knows which names are being made: those have no record yet.
 */
export class SnapshotNames {
  readonly #database: Database
  readonly #reserves = new Map<string, Reserve>()
  readonly #inTheMaking = new Set<string>()

  constructor(database: Database) {
    this.#database = database
  }

  async take(namespace: string, snapshotter: string, key: string): Promise<BackendName> {
    const id = `${namespace}/${snapshotter}`
    let reserve = this.#reserves.get(id)
    while (reserve === undefined || reserve.next >= reserve.end) {
      const end = await this.#database.write(
        (tx) => {
          const given = (tx.get(snapshotNumbers, [namespace, snapshotter]) ?? 0) + reserveSize
          tx.put(snapshotNumbers, [namespace, snapshotter], given)
          return given
        },
        { durability: 'ordered' },
      )
      // Others may have reserved meanwhile; theirs is used up first and the gap does no harm.
      reserve = this.#reserves.get(id)
      if (reserve === undefined || reserve.next >= reserve.end) {
        reserve = { next: end - reserveSize + 1, end: end + 1 }
        this.#reserves.set(id, reserve)
      }
    }
    const name = `${namespace}/${reserve.next++}/${key}`
    const making = `${snapshotter}\0${name}`
    this.#inTheMaking.add(making)
    return { name, [Symbol.dispose]: () => void this.#inTheMaking.delete(making) }
  }

  isInTheMaking(snapshotter: string, name: string): boolean {
    return this.#inTheMaking.has(`${snapshotter}\0${name}`)
  }
}

/** The namespace whose snapshot a backend keeps under this name. */
export const namespaceOfName = (name: string): string => name.slice(0, name.indexOf('/'))

/** A name of which the backend may hold the snapshot before the record stands. */
export interface BackendName extends Disposable {
  readonly name: string
}
