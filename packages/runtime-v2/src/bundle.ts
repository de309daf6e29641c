// SPDX-License-Identifier: Apache-2.0
import { chmod, chown, mkdir, readdir, readFile, rename, rm, rmdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mounter, Namespace, TypedAny } from '@containerd-ts/core'
import { errnoOf } from '@containerd-ts/errdefs'

/** Directories of the task plugin: `state` is gone after a boot, `root` stays. */
export interface BundleRoots {
  readonly rootDir: string
  readonly stateDir: string
}

/** The directory in which a task's shim runs, and its persistent twin. */
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
    await makeDir(join(this.path, '..'), 0o711, true)
    await makeDir(join(this.workPath, '..'), 0o711, true)
    await makeDir(this.path, 0o700)
    undo.defer(() => rm(this.path, { recursive: true, force: true }))
    await this.#openToRemappedRoot(spec)
    await makeDir(this.rootfs, 0o711)
    await rm(this.workPath, { recursive: true, force: true })
    await makeDir(this.workPath, 0o711)
    undo.defer(() => rm(this.workPath, { recursive: true, force: true }))
    await symlink(this.workPath, join(this.path, 'work'))
    if (spec !== undefined) await writeFile(join(this.path, 'config.json'), spec.value)
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
    if (await exists(this.rootfs)) {
      await mounter.unmountAll(this.rootfs, { recursive: true })
      await rmdir(this.rootfs).catch(ignore('ENOENT'))
    }
    const hidden = join(this.path, '..', `.${this.id}`)
    await rm(hidden, { recursive: true, force: true })
    await rename(this.path, hidden).catch(ignore('ENOENT'))
    await rm(hidden, { recursive: true, force: true })
    const hiddenWork = join(this.workPath, '..', `.${this.id}`)
    await rename(this.workPath, hiddenWork).catch(ignore('ENOENT'))
    await rm(hiddenWork, { recursive: true, force: true })
  }

  /** A file of the bundle as text; nothing when it is not there. */
  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.path, name), 'utf8')
    } catch (error) {
      return ignore('ENOENT')(error)
    }
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.path, name), text, { mode: 0o600 })
  }

  /** Lets the host group that is the container's root group enter, when user namespaces remap it. */
  async #openToRemappedRoot(spec: TypedAny | undefined): Promise<void> {
    const gid = remappedRootGid(spec)
    if (gid === undefined) return
    await chown(this.path, -1, gid)
    await chmod(this.path, 0o710)
  }
}

/** Names below a directory that are not hidden; none when it does not exist. */
export async function visibleEntries(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).filter((name) => !name.startsWith('.')).toSorted()
  } catch (error) {
    ignore('ENOENT')(error)
    return []
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
async function makeDir(path: string, mode: number, recursive = false): Promise<void> {
  const made = await mkdir(path, { mode, recursive })
  if (!recursive || made !== undefined) await chmod(path, mode)
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    ignore('ENOENT')(error)
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
