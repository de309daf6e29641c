// SPDX-License-Identifier: Apache-2.0
import { closeSync, constants, fstatSync, readFileSync } from 'node:fs'
import type { CallOptions, Mount } from '@containerd-ts/core'
import { errnoOf } from '@containerd-ts/errdefs'
import { AT_FDCWD, native, Resolve } from '@containerd-ts/native-sys'
import type { RootFileReader } from '@containerd-ts/oci'

/** Reads files below a directory; links lead nowhere but below it. */
export const directoryFiles =
  (root: string): RootFileReader =>
  async (path) => {
    const dir = openDirectory(root)
    try {
      return readBelow(dir, path, Resolve.inRoot)
    } finally {
      closeSync(dir)
    }
  }

/**
 * Reads files of a snapshot through its mounts. An overlay's layers are read where they lie, which saves a mount;
 * what that cannot answer (a link on the way, another kind of file system) is read from a mount made for it.
 */
export const snapshotFiles =
  (mounts: readonly Mount[], options: CallOptions = {}): RootFileReader =>
  async (path) => {
    const layers = layersOf(mounts)
    if (layers !== undefined) {
      try {
        return readLayers(layers, path)
      } catch (error) {
        if (!isLink(error)) throw error
      }
    }
    return await readMounted(mounts, path, options)
  }

/** Directories whose union the mounts are, the topmost first. */
function layersOf(mounts: readonly Mount[]): readonly string[] | undefined {
  const [mount] = mounts
  if (mount === undefined || mounts.length > 1) return undefined
  if (mount.type === 'bind') return [mount.source]
  if (mount.type !== 'overlay') return undefined
  const value = (name: string): string[] =>
    mount.options.filter((option) => option.startsWith(`${name}=`)).map((option) => option.slice(name.length + 1))
  return [...value('upperdir'), ...value('lowerdir').flatMap((dirs) => dirs.split(':'))]
}

function readLayers(layers: readonly string[], path: string): string | undefined {
  const parents = path.split('/').filter((part) => part !== '')
  for (const layer of layers) {
    const dir = openDirectory(layer)
    try {
      const found = readBelow(dir, path, Resolve.inRoot | Resolve.noSymlinks)
      if (found !== undefined || hidesBelow(dir, parents)) return found
    } finally {
      closeSync(dir)
    }
  }
  return undefined
}

/** Whether a whiteout or an opaque directory of this layer hides what lower layers have at the path. */
function hidesBelow(layer: number, parts: readonly string[]): boolean {
  for (let depth = 1; depth <= parts.length; depth++) {
    const fd = openQuietly(layer, parts.slice(0, depth).join('/'), pathOnly, Resolve.inRoot | Resolve.noSymlinks)
    if (fd === undefined) return false
    try {
      const stat = fstatSync(fd)
      if (stat.isCharacterDevice() && stat.rdev === 0) return true
      if (!stat.isDirectory()) return true
      if (isOpaque(fd)) return true
    } finally {
      closeSync(fd)
    }
  }
  return false
}

function isOpaque(fd: number): boolean {
  const marks = ['trusted.overlay.opaque', 'user.overlay.opaque']
  return marks.some(
    (mark) => native.getXattrSync(`/proc/self/fd/${fd}`, mark, { followSymlink: true })?.toString() === 'y',
  )
}

/** O_PATH, which Node has no name for. */
const pathOnly = 0o10000000

const openDirectory = (path: string): number =>
  native.openAt(AT_FDCWD, path, { flags: constants.O_RDONLY | constants.O_DIRECTORY, resolve: 0 })

function openQuietly(dir: number, path: string, flags: number, resolve: number): number | undefined {
  try {
    return native.openAt(dir, path, { flags, resolve })
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENXIO'].includes(errnoOf(error) ?? '')) return undefined
    throw error
  }
}

/** The text of a regular file; undefined for what is none, so that no device or FIFO of an image is read. */
function readBelow(dir: number, path: string, resolve: number): string | undefined {
  const fd = openQuietly(dir, path.replace(/^\/+/, ''), constants.O_RDONLY | constants.O_NONBLOCK, resolve)
  if (fd === undefined) return undefined
  try {
    return fstatSync(fd).isFile() ? readFileSync(fd, 'utf8') : undefined
  } finally {
    closeSync(fd)
  }
}

const isLink = (error: unknown): boolean => errnoOf(error) === 'ELOOP'

async function readMounted(mounts: readonly Mount[], path: string, options: CallOptions): Promise<string | undefined> {
  const { KernelMounter, readonlyMounts } = await import('@containerd-ts/mount')
  await using mounted = await new KernelMounter().mountTemp(readonlyMounts(mounts), options)
  return await directoryFiles(mounted.path)(path)
}
