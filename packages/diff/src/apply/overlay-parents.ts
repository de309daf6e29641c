// SPDX-License-Identifier: Apache-2.0
import { constants, fstatSync, readdirSync } from 'node:fs'
import { errnoOf } from '@containerd-ts/errdefs'
import { AT_FDCWD, Resolve, type EntryMeta, type Fd, type FileCalls, type XattrCalls } from '@containerd-ts/native-sys'
import type { ByteString } from '../tar/tar-entry.ts'
import { toBytePath } from './entry-path.ts'

export type ParentCalls = Pick<FileCalls, 'openAt' | 'close'> & Pick<XattrCalls, 'readXattrsSync'>

/** Looks into the layers below: what a directory is there that the upper layer has to repeat. */
export class LowerLayers implements Disposable {
  readonly #calls: ParentCalls
  readonly #layers: readonly Fd[]

  constructor(calls: ParentCalls, directories: readonly string[]) {
    this.#calls = calls
    const flags = constants.O_RDONLY | constants.O_DIRECTORY
    const layers: Fd[] = []
    try {
      for (const path of directories) layers.push(calls.openAt(AT_FDCWD, path, { flags, resolve: 0 }))
    } catch (error) {
      layers.forEach((fd) => calls.close(fd))
      throw error
    }
    this.#layers = layers
  }

  /** Owner, mode, times and attributes of the nearest directory of that path; `undefined` where none is. */
  directoryMeta(path: ByteString): EntryMeta | undefined {
    for (const layer of this.#layers) {
      const fd = this.#open(layer, path, constants.O_RDONLY | constants.O_DIRECTORY)
      if (fd === undefined) continue
      try {
        return this.metaOf(fd)
      } finally {
        this.#calls.close(fd)
      }
    }
    return undefined
  }

  /** The nearest regular file of that path, open; the caller closes it. `undefined` where none is, or it is deleted. */
  openFile(path: ByteString): Fd | undefined {
    for (const layer of this.#layers) {
      const fd = this.#open(layer, path, constants.O_RDONLY | constants.O_NONBLOCK)
      if (fd === undefined) continue
      if (fstatSync(fd).isFile()) return fd
      this.#calls.close(fd)
      return undefined
    }
    return undefined
  }

  /** What a copy of an open file has to be given. */
  metaOf(fd: Fd): EntryMeta {
    const { uid, gid, mode, atimeNs, mtimeNs } = fstatSync(fd, { bigint: true })
    const xattrs = this.#calls
      .readXattrsSync({ fd })
      .filter(([name]) => !name.toString('latin1').startsWith('trusted.'))
    return { uid: Number(uid), gid: Number(gid), mode: Number(mode) & 0o7777, atimeNs, mtimeNs, xattrs }
  }

  /** Names in the top directories of all layers. */
  topNames(): ReadonlySet<ByteString> {
    const names = this.#layers.flatMap((layer) => readdirSync(`/proc/self/fd/${layer}`, { encoding: 'buffer' }))
    return new Set(names.map((name) => name.toString('latin1')))
  }

  [Symbol.dispose](): void {
    this.#layers.forEach((fd) => this.#calls.close(fd))
  }

  #open(layer: Fd, path: ByteString, access: number): Fd | undefined {
    const flags = access | constants.O_NOFOLLOW
    try {
      return this.#calls.openAt(layer, toBytePath(path), { flags, resolve: Resolve.beneath | Resolve.noSymlinks })
    } catch (error) {
      const errno = errnoOf(error) ?? ''
      if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV', 'ENXIO'].includes(errno)) return undefined
      throw error
    }
  }
}
