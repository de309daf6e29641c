// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, readFile, rmdir, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ActiveMount, CallOptions, Mount, Mounter, MountHandler } from '@containerd-ts/core'
import { errnoOf, UnavailableError } from '@containerd-ts/errdefs'

/**
 * Directories `<root>/<id>` that hold the mount points of one activation: `<n>` beside a file `<n>-type` that says
 * who unmounts it, so that they can be cleaned up without a record.
 */
export class MountPoints {
  readonly #root: string
  readonly #mounter: Mounter
  readonly #handlers: ReadonlyMap<string, MountHandler>

  constructor(root: string, mounter: Mounter, handlers: ReadonlyMap<string, MountHandler>) {
    this.#root = root
    this.#mounter = mounter
    this.#handlers = handlers
  }

  /** Ids of the directories that exist. */
  async ids(): Promise<readonly number[]> {
    const names = await readdir(this.#root)
    return names.filter((name) => /^\d+$/.test(name)).map(Number)
  }

  async create(id: number): Promise<void> {
    await mkdir(this.#directory(id), { mode: 0o700 })
  }

  /** Mounts one at the place of its number. */
  async mount(
    id: number,
    mount: Mount,
    { index, count }: { readonly index: number; readonly count: number },
    options: CallOptions,
  ): Promise<ActiveMount> {
    const point = join(this.#directory(id), String(index).padStart(String(count - 1).length, '0'))
    await writeFile(`${point}-type`, mount.type, { mode: 0o600 })
    const handler = this.#handlers.get(mount.type)
    let data: Readonly<Record<string, string>> = {}
    if (handler === undefined) {
      await mkdir(point, { mode: 0o700 })
      await this.#mounter.mountAll([mount], point, options)
    } else {
      ;({ data } = await handler.mount(mount, point, options))
    }
    return { mount, mountPoint: point, mountedAt: new Date(), data }
  }

  /** Unmounts all, the last one first, and removes the directory. What is gone already is no failure. */
  async remove(id: number, options: CallOptions = {}): Promise<void> {
    const directory = this.#directory(id)
    const names = await readdir(directory).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    })
    if (names === undefined) return
    const points = names.filter((name) => name.endsWith('-type')).map((name) => name.slice(0, -'-type'.length))
    for (const point of points.toSorted((a, b) => Number(b) - Number(a))) {
      await this.#unmount(join(directory, point), options)
    }
    await rmdir(directory) // never recursive: something may still be mounted
  }

  async #unmount(point: string, options: CallOptions): Promise<void> {
    const type = await readFile(`${point}-type`, 'utf8')
    const handler = this.#handlers.get(type)
    // Without the handler there still may be a mount; a link of its making would be left, and says so below.
    if (handler === undefined) await this.#mounter.unmountAll(point, options)
    else await handler.unmount(point, options)
    await rmdir(point).catch((error: unknown) => {
      const errno = errnoOf(error)
      if (errno === 'ENOTDIR')
        throw new UnavailableError(`nobody here unmounts ${point} of type ${type}`, { cause: error })
      if (errno !== 'ENOENT') throw error
    })
    await unlink(`${point}-type`)
  }

  #directory(id: number): string {
    return join(this.#root, String(id))
  }
}
