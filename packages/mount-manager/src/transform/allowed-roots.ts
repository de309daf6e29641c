// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, dirname, isAbsolute, normalize, relative } from 'node:path'
import { errnoOf, FailedPreconditionError, InvalidArgumentError, UnimplementedError } from '@containerd-ts/errdefs'
import { AT_FDCWD, Resolve } from '@containerd-ts/native-sys'
import type { Fd, FileCalls } from '@containerd-ts/native-sys'

export type RootCalls = Pick<FileCalls, 'openAt' | 'close'>

/** An open directory. `path` leads to it whatever its name is by now, for this process and its children. */
export interface OpenDirectory extends Disposable {
  readonly path: string
}

interface Place {
  readonly root: string
  readonly subPath: string
}

/**
 * Directories below which requests may have things created. Symbolic links on the way are followed as long as they
 * stay below the same one.
 */
export class AllowedRoots {
  readonly #roots: readonly string[]
  readonly #calls: RootCalls

  constructor(roots: readonly string[], calls: RootCalls) {
    this.#roots = roots
    this.#calls = calls
  }

  /**
   * Opens a directory.
   * @throws {UnimplementedError} it lies below none of the roots @throws {FailedPreconditionError} it is none, or not there
   */
  openDirectory(path: string): OpenDirectory {
    const { root, subPath } = this.#place(path)
    return this.#open(root, subPath, path)
  }

  /** Makes a directory, and those above it (0700); answers with the open directory only if it was not there. */
  async createDirectory(path: string): Promise<OpenDirectory | undefined> {
    const place = this.#place(path)
    if (this.#tryOpen(place, path)) return undefined
    using parent = await this.#ensure({ root: place.root, subPath: dirname(place.subPath) }, path)
    const name = basename(place.subPath)
    if (!(await madeDirectory(`${parent.path}/${name}`))) return undefined
    return this.#open(parent.path, name, path)
  }

  async #ensure(place: Place, path: string): Promise<OpenDirectory> {
    if (!this.#tryOpen(place, path)) {
      using parent = await this.#ensure({ root: place.root, subPath: dirname(place.subPath) }, path)
      await madeDirectory(`${parent.path}/${basename(place.subPath)}`)
    }
    return this.#open(place.root, place.subPath, path)
  }

  #tryOpen({ root, subPath }: Place, path: string): boolean {
    try {
      this.#open(root, subPath, path)[Symbol.dispose]()
      return true
    } catch (error) {
      if (subPath !== '.' && error instanceof Error && errnoOf(error.cause) === 'ENOENT') return false
      throw error
    }
  }

  #open(root: string, subPath: string, path: string): OpenDirectory {
    const rootFd = this.#calls.openAt(AT_FDCWD, root, { flags: constants.O_DIRECTORY, resolve: 0 })
    let fd: Fd
    try {
      fd = this.#calls.openAt(rootFd, subPath, { flags: constants.O_DIRECTORY, resolve: Resolve.beneath })
    } catch (cause) {
      const reason = reasons[errnoOf(cause) ?? '']
      throw reason === undefined ? cause : new FailedPreconditionError(`directory ${path}: ${reason}`, { cause })
    } finally {
      this.#calls.close(rootFd)
    }
    return { path: `/proc/${process.pid}/fd/${fd}`, [Symbol.dispose]: () => this.#calls.close(fd) }
  }

  /** The deepest root that a path lies below. */
  #place(path: string): Place {
    if (!isAbsolute(path)) throw new InvalidArgumentError(`path ${path} is not absolute`)
    const cleaned = normalize(path).replace(/(?<=.)\/$/, '')
    const places = this.#roots
      .map((root) => ({ root, subPath: relative(root, cleaned) }))
      .filter(({ subPath }) => subPath !== '..' && !subPath.startsWith('../'))
      .toSorted((a, b) => b.root.length - a.root.length)
    const [place] = places
    if (place === undefined) throw new UnimplementedError(`path ${path} is outside the directories to create things in`)
    return { root: place.root, subPath: place.subPath === '' ? '.' : place.subPath }
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'is not a directory',
  EXDEV: 'leads out of where it may be',
}

async function madeDirectory(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false // somebody else has made it meanwhile
    throw error
  }
}
