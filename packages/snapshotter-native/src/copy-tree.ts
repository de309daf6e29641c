// SPDX-License-Identifier: Apache-2.0
import { lstatSync, readdirSync, readlinkSync, constants, type BigIntStats } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import {
  AT_FDCWD,
  splitDevice,
  type ApplyCalls,
  type ApplyOp,
  type EntryMeta,
  type Fd,
  type FileCalls,
  type XattrCalls,
} from '@containerd-ts/native-sys'

export type CopyCalls = ApplyCalls &
  Pick<FileCalls, 'openAt' | 'close' | 'copyRange'> &
  Pick<XattrCalls, 'readXattrsSync'>

/** Entries handled before other work of the process gets its turn. */
const entriesPerTurn = 64

/**
 * Copies a tree into an existing directory: contents, owners, modes, times, attributes, devices and hard links.
 * Names are bytes. Sockets are left out.
 */
export async function copyTree(calls: CopyCalls, from: string, to: string, signal?: AbortSignal): Promise<void> {
  const root = calls.openAt(AT_FDCWD, to, { flags: constants.O_RDONLY | constants.O_DIRECTORY, resolve: 0 })
  try {
    await new TreeCopy(calls, from, root, signal).run()
  } finally {
    calls.close(root)
  }
}

class TreeCopy {
  readonly #calls: CopyCalls
  readonly #from: Buffer
  readonly #root: Fd
  readonly #signal: AbortSignal | undefined
  /** First copy of each inode with more names. */
  readonly #links = new Map<string, Buffer>()
  readonly #directories: { readonly path: Buffer; readonly stat: BigIntStats }[] = []
  #handled = 0

  constructor(calls: CopyCalls, from: string, root: Fd, signal: AbortSignal | undefined) {
    this.#calls = calls
    this.#from = Buffer.from(from)
    this.#root = root
    this.#signal = signal
  }

  async run(): Promise<void> {
    const top = lstatSync(this.#from, { bigint: true })
    this.#apply({ op: 'meta', path: '.', ...this.#meta(this.#from, top) })
    this.#directories.push({ path: Buffer.from('.'), stat: top })
    await this.#children(undefined)
    // Only now: what was put into a directory has changed its times.
    for (const { path, stat } of this.#directories.reverse()) this.#apply({ op: 'meta', path, ...times(stat) })
  }

  async #children(directory: Buffer | undefined): Promise<void> {
    for (const name of readdirSync(this.#source(directory), { encoding: 'buffer' })) {
      if (++this.#handled % entriesPerTurn === 0) await setImmediate()
      this.#signal?.throwIfAborted()
      await this.#entry(directory === undefined ? name : Buffer.concat([directory, slash, name]))
    }
  }

  async #entry(path: Buffer): Promise<void> {
    const source = this.#source(path)
    const stat = lstatSync(source, { bigint: true })
    const meta = { ...this.#meta(source, stat), ...times(stat) }
    if (stat.isDirectory()) {
      this.#apply({ op: 'directory', path, ...meta })
      this.#directories.push({ path, stat })
      return this.#children(path)
    }
    if (stat.isSocket()) return
    const inode = `${stat.dev}:${stat.ino}`
    const first = stat.nlink > 1n ? this.#links.get(inode) : undefined
    if (first !== undefined) return this.#apply({ op: 'link', path, target: first })
    if (stat.nlink > 1n) this.#links.set(inode, path)
    if (stat.isFile()) await this.#file(path, source, meta)
    else if (stat.isSymbolicLink())
      this.#apply({ op: 'symlink', path, target: readlinkSync(source, { encoding: 'buffer' }), ...meta })
    else
      this.#apply({ op: 'node', path, type: Number(stat.mode) & constants.S_IFMT, ...splitDevice(stat.rdev), ...meta })
  }

  async #file(path: Buffer, source: Buffer, meta: EntryMeta): Promise<void> {
    const from = this.#calls.openAt(AT_FDCWD, source, { flags: constants.O_RDONLY | constants.O_NOFOLLOW, resolve: 0 })
    try {
      const to = this.#open(path)
      try {
        await this.#calls.copyRange({ from, to })
      } catch (error) {
        this.#calls.close(to)
        throw error
      }
      this.#apply({ op: 'finish', fd: to, ...meta })
    } finally {
      this.#calls.close(from)
    }
  }

  #open(path: Buffer): Fd {
    const { results, failure } = this.#calls.applyBatchSync(this.#root, [{ op: 'open', path }])
    if (failure !== undefined) throw failure.error
    return results[0]?.fd as Fd
  }

  #apply(op: ApplyOp): void {
    const { failure } = this.#calls.applyBatchSync(this.#root, [op])
    if (failure !== undefined) throw failure.error
  }

  #meta(source: Buffer, stat: BigIntStats): EntryMeta {
    return {
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      mode: Number(stat.mode) & 0o7777,
      xattrs: this.#calls.readXattrsSync(source),
    }
  }

  #source(path: Buffer | undefined): Buffer {
    return path === undefined ? this.#from : Buffer.concat([this.#from, slash, path])
  }
}

const slash = Buffer.from('/')

const times = (stat: BigIntStats): EntryMeta => ({ atimeNs: stat.atimeNs, mtimeNs: stat.mtimeNs })
