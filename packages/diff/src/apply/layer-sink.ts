// SPDX-License-Identifier: Apache-2.0
import { constants, ftruncateSync, readdirSync, readSync, writeSync } from 'node:fs'
import { errnoOf, InvalidArgumentError, UnknownError } from '@containerd-ts/errdefs'
import { Resolve, type EntryMeta, type Fd } from '@containerd-ts/native-sys'
import type { ByteString, TarEntry, TarSink } from '../tar/tar-entry.ts'
import type { ApplyTarget } from './apply-target.ts'
import { cleanPath, isBelow, joinPath, showPath, splitPath, toBytePath } from './entry-path.ts'
import { metaOf, nodeTypes } from './entry-meta.ts'
import { OpBatch, type BatchCalls } from './op-batch.ts'
import { LowerLayers, type ParentCalls } from './overlay-parents.ts'
import { WrittenPaths } from './written-paths.ts'

export type SinkCalls = BatchCalls & ParentCalls

export interface LayerSinkInit {
  readonly calls: SinkCalls
  /** Open directory that stands for `/`; stays the caller's. */
  readonly root: Fd
  readonly target: ApplyTarget
  /** Device nodes cannot be made here: leave them out. */
  readonly skipDevices: boolean
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

/** Files up to here are written from memory in one batch with others. */
const maxGatheredBytes = 256 << 10
const whiteoutPrefix = '.wh.'
const opaqueMarker = '.wh..wh..opq'
/** O_PATH of open(2), which `fs.constants` lacks. */
const oPath = 0o10000000

/** Writes the members of a layer below a directory, deletions included. */
export class LayerSink implements TarSink, Disposable {
  readonly #init: LayerSinkInit
  readonly #batch: OpBatch
  readonly #lowers: LowerLayers | undefined
  /** Kept where content of others can lie in the way; an empty directory holds none. */
  readonly #written: WrittenPaths | undefined
  /** Directories known to stand, by name. */
  readonly #directories = new Set<ByteString>([''])
  /** Their times, set at the end: what is put into them changes them. */
  readonly #times = new Map<ByteString, EntryMeta>()
  /** In an upper directory: names that hide what lies below them there. */
  readonly #hiding = new Set<ByteString>()
  /** Those of them that are deletions, not entries. */
  readonly #whiteouts = new Set<ByteString>()
  #file:
    | { readonly entry: TarEntry; readonly path: ByteString; readonly pieces: Buffer[]; readonly fd: Fd | undefined }
    | undefined

  constructor(init: LayerSinkInit) {
    this.#init = init
    this.#batch = new OpBatch(init.calls, init.root)
    this.#lowers =
      init.target.overlay === undefined ? undefined : new LowerLayers(init.calls, init.target.overlay.lowerDirs)
    const startsEmpty = readdirSync(init.target.root).length === 0
    this.#written = startsEmpty ? undefined : new WrittenPaths(init.calls, init.root)
  }

  entry(entry: TarEntry): void {
    const path = cleanPath(entry.name)
    if (path === '') return
    const { directory, base } = splitPath(path)
    this.#makeParents(directory)
    if (base === opaqueMarker) this.#makeOpaque(directory)
    else if (base.startsWith(whiteoutPrefix)) this.#whiteOut(joinPath(directory, hiddenName(base)), entry)
    else this.#make(entry, path)
  }

  data(bytes: Buffer, offset: number): void {
    const file = this.#file
    if (file === undefined) return
    if (file.fd === undefined) file.pieces.push(bytes)
    else if (file.entry.sparse) writeAllAt(file.fd, bytes, offset)
    else this.#init.calls.writeAllSync(file.fd, bytes)
  }

  endEntry(): void {
    const file = this.#file
    if (file === undefined) return
    this.#file = undefined
    const meta = metaOf(file.entry, this.#init.warn)
    if (file.fd === undefined) {
      const data = file.pieces.length === 1 ? (file.pieces[0] as Buffer) : Buffer.concat(file.pieces)
      this.#batch.add({ op: 'file', path: toBytePath(file.path), data, ...meta })
    } else {
      if (file.entry.sparse) ftruncateSync(file.fd, file.entry.sizeBytes)
      this.#batch.add({ op: 'finish', fd: file.fd, ...meta })
    }
  }

  /** Makes everything that is still pending, times of directories last. */
  finish(): void {
    for (const [path, times] of this.#times) this.#batch.add({ op: 'meta', path: toBytePath(path), ...times })
    this.#batch.flush()
    const { skippedXattrs } = this.#batch
    if (skippedXattrs > 0) this.#init.warn('file system refused extended attributes', { skippedXattrs })
  }

  [Symbol.dispose](): void {
    this.#batch[Symbol.dispose]()
    this.#lowers?.[Symbol.dispose]()
  }

  #make(entry: TarEntry, path: ByteString): void {
    const bytePath = toBytePath(path)
    if (entry.type === 'directory') return this.#makeDirectory(entry, path)
    if (entry.type === 'character' || entry.type === 'block') {
      if (this.#init.skipDevices) return this.#init.warn('device left out', { path: showPath(path) })
    }
    this.#forget(path)
    this.#written?.add(path)
    if (this.#lowers !== undefined) this.#hiding.add(path)
    switch (entry.type) {
      case 'file': {
        const gather = entry.sizeBytes <= maxGatheredBytes && !entry.sparse
        this.#file = { entry, path, pieces: [], fd: gather ? undefined : this.#batch.open(bytePath) }
        return
      }
      case 'symlink':
        return this.#batch.add({
          op: 'symlink',
          path: bytePath,
          target: toBytePath(entry.linkName),
          ...metaOf(entry, this.#init.warn),
        })
      case 'link': {
        const target = cleanPath(entry.linkName)
        if (this.#lowers !== undefined && !this.#hiding.has(target)) this.#copyUp(this.#lowers, target)
        this.#batch.add({ op: 'link', path: bytePath, target: toBytePath(target) })
        // Same inode as the target: a change of owner would only drop the capabilities it was given.
        const { uid: _uid, gid: _gid, ...meta } = metaOf(entry, this.#init.warn)
        return this.#batch.add({ op: 'meta', path: bytePath, ...meta })
      }
      default:
        this.#batch.add({
          op: 'node',
          path: bytePath,
          type: nodeTypes[entry.type],
          major: entry.major,
          minor: entry.minor,
          ...metaOf(entry, this.#init.warn),
        })
    }
  }

  #makeDirectory(entry: TarEntry, path: ByteString): void {
    const { atimeNs, mtimeNs, ...meta } = metaOf(entry, this.#init.warn)
    this.#batch.add({ op: 'directory', path: toBytePath(path), ...meta })
    // Over a deletion or a file it starts a new directory: what the layers below have there stays hidden.
    this.#whiteouts.delete(path)
    if (this.#hiding.delete(path)) this.#markOpaque(path)
    this.#directories.add(path)
    this.#written?.add(path)
    this.#times.delete(path)
    this.#times.set(path, {
      ...(atimeNs === undefined ? {} : { atimeNs }),
      ...(mtimeNs === undefined ? {} : { mtimeNs }),
    })
  }

  #whiteOut(path: ByteString, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
    this.#forget(path)
    if (this.#lowers === undefined) return this.#batch.add({ op: 'remove', path: toBytePath(path) })
    this.#hiding.add(path)
    this.#whiteouts.add(path)
    this.#written?.add(path)
    this.#batch.add({
      op: 'node',
      path: toBytePath(path),
      type: nodeTypes.character,
      major: 0,
      minor: 0,
      uid,
      gid,
      mode: 0,
    })
  }

  #makeOpaque(directory: ByteString): void {
    if (this.#lowers !== undefined && directory === '') this.#hideTop(this.#lowers)
    else if (this.#lowers !== undefined) this.#markOpaque(directory)
    if (this.#written === undefined) return
    this.#batch.flush()
    for (const path of this.#written.foreignBelow(directory)) this.#batch.add({ op: 'remove', path: toBytePath(path) })
  }

  /** The kernel does not heed the attribute on the root: each name below is hidden by itself. */
  #hideTop(lowers: LowerLayers): void {
    for (const name of lowers.topNames()) {
      if (this.#directories.has(name)) this.#markOpaque(name)
      else if (!this.#hiding.has(name)) this.#whiteOut(name, { uid: 0, gid: 0 })
    }
  }

  #markOpaque(directory: ByteString): void {
    const name = `${this.#init.target.overlay?.xattrPrefix ?? ''}opaque`
    this.#batch.add({ op: 'meta', path: toBytePath(directory), xattrs: [[name, Buffer.from('y')]] })
  }

  /** The kernel makes missing parents by itself; in an upper directory they must repeat those of the layers below. */
  #makeParents(directory: ByteString): void {
    if (this.#directories.has(directory)) return
    this.#makeParents(splitPath(directory).directory)
    this.#directories.add(directory)
    if (this.#lowers === undefined) return
    this.#batch.flush()
    const whitedOut = this.#whiteouts.has(directory)
    if (!whitedOut && this.#stands(directory)) return
    const { atimeNs, mtimeNs, ...meta } = (whitedOut ? undefined : this.#lowers.directoryMeta(directory)) ?? {
      mode: 0o755,
    }
    this.#batch.add({ op: 'directory', path: toBytePath(directory), ...meta })
    this.#whiteouts.delete(directory)
    if (this.#hiding.delete(directory)) this.#markOpaque(directory)
    if (mtimeNs !== undefined && atimeNs !== undefined) this.#times.set(directory, { atimeNs, mtimeNs })
  }

  /** A link to a file of the layers below needs that file in the upper directory first. */
  #copyUp(lowers: LowerLayers, path: ByteString): void {
    this.#batch.flush()
    if (this.#stands(path, oPath | constants.O_NOFOLLOW)) return
    const from = lowers.openFile(path)
    if (from === undefined) return
    try {
      this.#makeParents(splitPath(path).directory)
      const to = this.#batch.open(toBytePath(path))
      const buffer = Buffer.allocUnsafe(maxGatheredBytes)
      for (let read; (read = readSync(from, buffer, 0, buffer.length, null)) > 0;) {
        this.#init.calls.writeAllSync(to, buffer.subarray(0, read))
      }
      this.#batch.add({ op: 'finish', fd: to, ...lowers.metaOf(from) })
      this.#hiding.add(path)
    } finally {
      this.#init.calls.close(from)
    }
  }

  #stands(path: ByteString, flags: number = constants.O_DIRECTORY): boolean {
    try {
      const { calls, root } = this.#init
      calls.close(calls.openAt(root, toBytePath(path), { flags, resolve: Resolve.inRoot }))
      return true
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false
      throw new UnknownError(`layer entry ${showPath(path)}`, { cause: error })
    }
  }

  #forget(path: ByteString): void {
    this.#whiteouts.delete(path)
    if (!this.#directories.delete(path)) return
    for (const set of [this.#directories, this.#times, this.#hiding, this.#whiteouts]) {
      for (const other of set.keys()) if (other === path || isBelow(other, path)) set.delete(other)
    }
  }
}

function hiddenName(base: ByteString): ByteString {
  const name = base.slice(whiteoutPrefix.length)
  if (name === '' || name === '.' || name === '..')
    throw new InvalidArgumentError(`invalid whiteout name: ${showPath(base)}`)
  return name
}

function writeAllAt(fd: Fd, bytes: Buffer, offset: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, offset + done)
}
