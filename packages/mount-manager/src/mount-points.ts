// SPDX-License-Identifier: Apache-2.0
import { lstat, mkdir, readdir, readFile, realpath, rmdir, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ActiveMount, CallOptions, Mount, Mounter, MountHandler } from '@containerd-ts/core'
import { errnoOf, UnavailableError } from '@containerd-ts/errdefs'
import { KeyedLock } from '@containerd-ts/lifecycle'
import { mountPointsBelow } from '@containerd-ts/mount'

/** Where a mount goes among those of its activation. */
export interface MountPlace {
  readonly index: number
  /** Of all that get a mount point. */
  readonly count: number
}

const typeSuffix = '-type'

/**
 * Directories `<root>/<id>` that hold the mount points of one activation: `<n>` beside a file `<n>-type` that says
 * who unmounts it, so that they can be cleaned up without a record. Numbers run downwards: 1 is mounted last.
 */
export class MountPoints {
  readonly #root: string
  readonly #mounter: Mounter
  readonly #handlers: ReadonlyMap<string, MountHandler>
  readonly #removals = new KeyedLock<number>()

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

  async mount(id: number, mount: Mount, place: MountPlace, options: CallOptions): Promise<ActiveMount> {
    const point = join(this.#directory(id), nameOf(place))
    await writeFile(`${point}${typeSuffix}`, mount.type, { mode: 0o600 })
    const handler = this.#handlers.get(mount.type)
    if (handler === undefined) {
      await mkdir(point, { mode: 0o700 })
      await this.#mounter.mountAll([mount], point, options)
      return { mount, mountPoint: point, mountedAt: new Date(), data: {} }
    }
    const { data } = await handler.mount(mount, point, options)
    return { mount, mountPoint: point, mountedAt: new Date(), data }
  }

  /** Whether everything is still at its place: mounts of the kernel in its table, those of handlers by their name. */
  async isWhole(mounts: readonly ActiveMount[]): Promise<boolean> {
    const mounted = new Set(await mountPointsBelow(await realpath(this.#root)))
    const found = await Promise.all(
      mounts.map(async ({ mount, mountPoint }) =>
        this.#handlers.has(mount.type) ? await exists(mountPoint) : mounted.has(await realNameOf(mountPoint)),
      ),
    )
    return found.every(Boolean)
  }

  /** Unmounts all, the last one first, and removes the directory. What is gone already is no failure. */
  async remove(id: number): Promise<void> {
    using _removal = await this.#removals.acquire(id)
    const directory = this.#directory(id)
    const names = await readdir(directory).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    })
    if (names === undefined) return
    const points = names.filter((name) => name.endsWith(typeSuffix)).map((name) => name.slice(0, -typeSuffix.length))
    for (const point of points.toSorted((a, b) => Number(a) - Number(b))) await this.#unmount(join(directory, point))
    await rmdir(directory) // never recursive: something may still be mounted
  }

  async #unmount(point: string): Promise<void> {
    const type = await readFile(`${point}${typeSuffix}`, 'utf8')
    const handler = this.#handlers.get(type)
    // Without the handler there still may be a mount; a link of its making would be left, and says so below.
    if (handler === undefined) await this.#mounter.unmountAll(point)
    else await handler.unmount(point)
    await rmdir(point).catch((error: unknown) => {
      const errno = errnoOf(error)
      if (errno === 'ENOTDIR') throw new UnavailableError(`nobody unmounts ${point} of type ${type}`, { cause: error })
      if (errno !== 'ENOENT') throw error
    })
    await unlink(`${point}${typeSuffix}`)
  }

  #directory(id: number): string {
    return join(this.#root, String(id))
  }
}

function nameOf({ index, count }: MountPlace): string {
  const width = count > 100 ? 3 : count > 10 ? 2 : 1
  return String(count - index).padStart(width, '0')
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Does not touch what is mounted there. */
const realNameOf = async (point: string): Promise<string> =>
  join(await realpath(dirname(dirname(point))), basename(dirname(point)), basename(point))
