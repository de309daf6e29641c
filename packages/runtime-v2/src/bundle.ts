// SPDX-License-Identifier: Apache-2.0
import { chmodSync, chownSync, mkdirSync, renameSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, readFile, rename, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mounter, Namespace, TypedAny } from '@containerd-ts/core'
import { errnoOf } from '@containerd-ts/errdefs'

/** Directories of the task plugin: `state` is gone after a boot, `root` stays. */
export interface BundleRoots {
  readonly rootDir: string
  readonly stateDir: string
}

/**
 * The directory in which a task's shim runs, and its persistent twin. The former lies in memory and is small: what
 * is done to it is synchronous, at a tenth of the cost. The twin may lie on a slow disk.
 */
export class Bundle {
  readonly namespace: Namespace
  readonly id: string
  readonly path: string
  readonly workPath: string

  constructor(roots: BundleRoots, namespace: Namespace, id: string) {
    this.namespace = namespace
    this.id = id
    this.path = join(roots.stateDir, namespace, id)
    this.workPath = join(roots.rootDir, namespace, id)
  }

  /**
   * Makes the directories and writes `config.json`, the spec byte for byte. Leaves nothing behind when it fails.
   * @throws EEXIST a stale bundle of that id is there
   */
  async create(spec: TypedAny | undefined): Promise<void> {
    await using undo = new AsyncDisposableStack()
    makeStateDir(join(this.path, '..'), 0o711, true)
    makeStateDir(this.path, 0o700)
    undo.defer(() => rmSync(this.path, { recursive: true, force: true }))
    this.#openToRemappedRoot(spec)
    makeStateDir(this.rootfs, 0o711)
    await this.#makeWorkDir()
    undo.defer(() => rm(this.workPath, { recursive: true, force: true }))
    symlinkSync(this.workPath, join(this.path, 'work'))
    if (spec !== undefined) writeFileSync(join(this.path, 'config.json'), spec.value)
    undo.move()
  }

  get rootfs(): string {
    return join(this.path, 'rootfs')
  }

  /**
   * Unmounts and removes everything; a bundle that is gone already is success. The bundle gets a hidden name first,
   * so that a crash half-way leaves nothing that looks like a task. Never deletes through a mount.
   */
  async remove(mounter: Pick<Mounter, 'unmountAll'>): Promise<void> {
    if (!removeIfEmpty(this.rootfs)) {
      await mounter.unmountAll(this.rootfs, { recursive: true })
      rmdirSync(this.rootfs)
    }
    const hidden = join(this.path, '..', `.${this.id}`)
    rmSync(hidden, { recursive: true, force: true })
    try {
      renameSync(this.path, hidden)
    } catch (error) {
      ignore('ENOENT')(error)
    }
    rmSync(hidden, { recursive: true, force: true })
    await this.#removeWorkDir()
  }

  /** A file of the bundle as text; nothing when it is not there. */
  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.path, name), 'utf8')
    } catch (error) {
      return ignore('ENOENT')(error)
    }
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text, { mode: 0o600 })
  }

  /** Lets the host group that is the container's root group enter, when user namespaces remap it. */
  #openToRemappedRoot(spec: TypedAny | undefined): void {
    const gid = remappedRootGid(spec)
    if (gid === undefined) return
    chownSync(this.path, -1, gid)
    chmodSync(this.path, 0o710)
  }

  /** Empty, whatever an earlier task left there. */
  async #makeWorkDir(): Promise<void> {
    const parent = join(this.workPath, '..')
    if ((await mkdir(parent, { mode: 0o711, recursive: true })) !== undefined) await chmod(parent, 0o711)
    try {
      await mkdir(this.workPath, { mode: 0o711 })
    } catch (error) {
      ignore('EEXIST')(error)
      await rm(this.workPath, { recursive: true, force: true })
      await mkdir(this.workPath, { mode: 0o711 })
    }
    await chmod(this.workPath, 0o711)
  }

  async #removeWorkDir(): Promise<void> {
    try {
      await rmdir(this.workPath)
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return
      const hidden = join(this.workPath, '..', `.${this.id}`)
      await rm(hidden, { recursive: true, force: true })
      await rename(this.workPath, hidden)
      await rm(hidden, { recursive: true, force: true })
    }
  }
}

interface MappedSpec {
  readonly linux?: { readonly gidMappings?: readonly { containerID?: number; hostID?: number; size?: number }[] }
}

function remappedRootGid(spec: TypedAny | undefined): number | undefined {
  if (spec === undefined) return undefined
  let linux: MappedSpec['linux']
  try {
    linux = (JSON.parse(Buffer.from(spec.value).toString()) as MappedSpec | null)?.linux
  } catch {
    return undefined // the OCI runtime will say what is wrong with it
  }
  const mapping = linux?.gidMappings?.find(({ containerID = 0, size = 0 }) => containerID === 0 && size > 0)
  return mapping?.hostID
}

/** Exactly this mode, whatever the umask. */
function makeStateDir(path: string, mode: number, recursive = false): void {
  const made = mkdirSync(path, { mode, recursive })
  if (!recursive || made !== undefined) chmodSync(path, mode)
}

/** Removes an empty directory on which nothing is mounted; false for any other. */
function removeIfEmpty(path: string): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true
    if (errnoOf(error) !== 'EBUSY' && errnoOf(error) !== 'ENOTEMPTY') throw error
    return false
  }
}

/** Swallows the one expected errno. */
const ignore =
  (errno: string) =>
  (error: unknown): undefined => {
    if (errnoOf(error) !== errno) throw error
    return undefined
  }
