// SPDX-License-Identifier: Apache-2.0
import { closeSync, lstatSync, openSync, readlinkSync, readSync, type BigIntStats } from 'node:fs'
import { DataLossError } from '@containerd-ts/errdefs'
import { splitDevice } from '@containerd-ts/native-sys'
import { joinPath, showPath, splitPath } from '../apply/entry-path.ts'
import type { ByteString, TarEntryType } from '../tar/tar-entry.ts'
import { formatTarHeader, tarEnd, tarPadding, type NewTarEntry } from '../tar/tar-writer.ts'
import { pathIn, type Change } from './change-walk.ts'
import { capabilityXattr, type SameCalls } from './same-file.ts'

const readBytes = 1 << 20

/** Writes changes as a layer: each changed path once, its parents before it, deletions as whiteouts. */
export class ChangeArchive {
  readonly #calls: SameCalls
  readonly #upper: string
  readonly #latestSeconds: number | undefined
  readonly #directories = new Set<ByteString>([''])
  /** First name written of each inode with more names. */
  readonly #sources = new Map<string, ByteString>()
  /** Unchanged names of inodes that were not written yet. */
  readonly #waiting = new Map<string, ByteString[]>()

  /** @param latestSeconds - no time in the archive is later */
  constructor(calls: SameCalls, upper: string, latestSeconds: number | undefined) {
    this.#calls = calls
    this.#upper = upper
    this.#latestSeconds = latestSeconds
  }

  *change(change: Change): Generator<Buffer> {
    if (change.kind === 'delete') yield* this.#whiteout(change.path)
    else yield* this.#present(change.path, change.stat, change.kind === 'unmodified')
  }

  *end(): Generator<Buffer> {
    yield tarEnd
  }

  *#whiteout(path: ByteString): Generator<Buffer> {
    const { directory, base } = splitPath(path)
    yield* this.#parents(path)
    yield formatTarHeader({
      type: 'file',
      name: joinPath(directory, `.wh.${base}`),
      mode: 0,
      uid: 0,
      gid: 0,
      mtimeSeconds: 0,
    })
  }

  *#present(path: ByteString, stat: BigIntStats, unmodified: boolean): Generator<Buffer> {
    const type = typeOf(stat)
    if (type === undefined) return
    const linked = type !== 'directory' && stat.nlink > 1n
    const inode = `${stat.dev}:${stat.ino}`
    const source = linked ? this.#sources.get(inode) : undefined
    if (source !== undefined) {
      yield* this.#link(path, source, stat)
      return
    }
    if (unmodified) {
      this.#waiting.set(inode, [...(this.#waiting.get(inode) ?? []), path])
      return
    }
    yield* this.#parents(path)
    yield formatTarHeader(this.#entry(path, type, stat))
    if (type === 'directory') this.#directories.add(path)
    if (type === 'file') yield* content(pathIn(this.#upper, path), path, Number(stat.size))
    if (!linked) return
    this.#sources.set(inode, path)
    for (const other of this.#waiting.get(inode) ?? []) yield* this.#link(other, path, stat)
    this.#waiting.delete(inode)
  }

  *#link(path: ByteString, target: ByteString, stat: BigIntStats): Generator<Buffer> {
    yield* this.#parents(path)
    yield formatTarHeader({ ...this.#entry(path, 'link', stat), linkName: target, sizeBytes: 0 })
  }

  *#parents(path: ByteString): Generator<Buffer> {
    const { directory } = splitPath(path)
    if (this.#directories.has(directory)) return
    yield* this.#parents(directory)
    this.#directories.add(directory)
    yield formatTarHeader(
      this.#entry(directory, 'directory', lstatSync(pathIn(this.#upper, directory), { bigint: true })),
    )
  }

  #entry(path: ByteString, type: TarEntryType, stat: BigIntStats): NewTarEntry {
    const at = pathIn(this.#upper, path)
    const capability = this.#calls.getXattrSync(at, capabilityXattr)
    const seconds = Math.floor(Number(stat.mtimeMs) / 1000)
    return {
      type,
      name: type === 'directory' ? `${path}/` : path,
      mode: Number(stat.mode) & 0o7777,
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      mtimeSeconds: this.#latestSeconds === undefined ? seconds : Math.min(seconds, this.#latestSeconds),
      ...(type === 'file' ? { sizeBytes: Number(stat.size) } : {}),
      ...(type === 'symlink' ? { linkName: readlinkSync(at, { encoding: 'buffer' }).toString('latin1') } : {}),
      ...(type === 'character' || type === 'block' ? splitDevice(stat.rdev) : {}),
      ...(capability === undefined ? {} : { xattrs: [[capabilityXattr, capability] as const] }),
    }
  }
}

/** `undefined` for what has no place in a layer: sockets. */
function typeOf(stat: BigIntStats): TarEntryType | undefined {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isCharacterDevice()) return 'character'
  if (stat.isBlockDevice()) return 'block'
  return stat.isFIFO() ? 'fifo' : undefined
}

/** Exactly the announced bytes: a file that shrinks meanwhile must not shift the archive. */
function* content(path: Buffer, name: ByteString, sizeBytes: number): Generator<Buffer> {
  if (sizeBytes === 0) return
  const fd = openSync(path, 'r')
  try {
    for (let left = sizeBytes; left > 0;) {
      const buffer = Buffer.allocUnsafe(Math.min(readBytes, left))
      const read = readSync(fd, buffer, 0, buffer.length, null)
      if (read === 0) throw new DataLossError(`file ${showPath(name)} became shorter while it was read`)
      left -= read
      yield buffer.subarray(0, read)
    }
  } finally {
    closeSync(fd)
  }
  yield tarPadding(sizeBytes)
}
