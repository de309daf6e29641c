// SPDX-License-Identifier: Apache-2.0
import { constants, readdirSync, readlinkSync, type Dirent } from 'node:fs'
import { errnoOf } from '@containerd-ts/errdefs'
import { Resolve, type Fd, type FileCalls } from '@containerd-ts/native-sys'
import type { ByteString } from '../tar/tar-entry.ts'
import { isBelow, joinPath, splitPath, toBytePath } from './entry-path.ts'

/**
 * Remembers what this archive wrote, and finds what else lies below a directory. Names are compared as they are on
 * disk: an archive may reach one directory by several names, through symbolic links.
 */
export class WrittenPaths {
  readonly #calls: Pick<FileCalls, 'openAt' | 'close'>
  readonly #root: Fd
  readonly #paths = new Set<ByteString>()

  constructor(calls: Pick<FileCalls, 'openAt' | 'close'>, root: Fd) {
    this.#calls = calls
    this.#root = root
  }

  add(path: ByteString): void {
    this.#paths.add(path)
  }

  /** Paths below `directory` that this archive did not write and nothing it wrote lies below of; topmost ones only. */
  foreignBelow(directory: ByteString): readonly ByteString[] {
    const top = this.#realPath(directory)
    if (top === undefined) return []
    const keep = this.#keptBelow(top)
    const foreign: ByteString[] = []
    this.#collect(top, keep, foreign)
    return foreign
  }

  #keptBelow(top: ByteString): ReadonlySet<ByteString> {
    const keep = new Set<ByteString>()
    const parents = new Map<ByteString, ByteString | undefined>()
    for (const path of this.#paths) {
      const { directory, base } = splitPath(path)
      if (!parents.has(directory)) parents.set(directory, this.#realPath(directory))
      const parent = parents.get(directory)
      if (parent === undefined) continue
      for (
        let real = joinPath(parent, base);
        real !== top && isBelow(real, top) && !keep.has(real);
        real = splitPath(real).directory
      ) {
        keep.add(real)
      }
    }
    return keep
  }

  #collect(directory: ByteString, keep: ReadonlySet<ByteString>, foreign: ByteString[]): void {
    for (const entry of this.#list(directory)) {
      const path = joinPath(directory, Buffer.from(entry.name).toString('latin1'))
      if (!keep.has(path)) foreign.push(path)
      else if (entry.isDirectory()) this.#collect(path, keep, foreign)
    }
  }

  #list(directory: ByteString): Dirent<Buffer>[] {
    const fd = this.#open(directory, constants.O_RDONLY)
    if (fd === undefined) return []
    try {
      return readdirSync(`/proc/self/fd/${fd}`, { withFileTypes: true, encoding: 'buffer' })
    } finally {
      this.#calls.close(fd)
    }
  }

  /** Where `directory` really lies below the root; `undefined` where there is no such directory. */
  #realPath(directory: ByteString): ByteString | undefined {
    const fd = this.#open(directory, oPath)
    if (fd === undefined) return undefined
    try {
      const top = linkOf(this.#root)
      const path = linkOf(fd)
      return path === top ? '' : path.slice(top.length + 1)
    } finally {
      this.#calls.close(fd)
    }
  }

  #open(directory: ByteString, access: number): Fd | undefined {
    try {
      return this.#calls.openAt(this.#root, toBytePath(directory), {
        flags: access | constants.O_DIRECTORY,
        resolve: Resolve.inRoot,
      })
    } catch (error) {
      const errno = errnoOf(error)
      if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ELOOP') return undefined
      throw error
    }
  }
}

const oPath = 0o10000000

const linkOf = (fd: Fd): ByteString => readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' }).toString('latin1')
