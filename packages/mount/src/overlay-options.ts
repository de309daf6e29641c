// SPDX-License-Identifier: Apache-2.0
import type { Mount } from '@containerd-ts/core'

/** Directories that an overlay mount is made of. */
export interface OverlayDirectories {
  readonly upperDir: string | undefined
  readonly workDir: string | undefined
  /** Nearest first. */
  readonly lowerDirs: readonly string[]
}

const valueOf = (options: readonly string[], name: string): string | undefined =>
  options.findLast((option) => option.startsWith(`${name}=`))?.slice(name.length + 1)

/** Reads an overlay descriptor; `undefined` when the mount is of another type. */
export function overlayDirectories(mount: Mount): OverlayDirectories | undefined {
  if (mount.type !== 'overlay') return undefined
  const lower = valueOf(mount.options, 'lowerdir')
  return {
    upperDir: valueOf(mount.options, 'upperdir'),
    workDir: valueOf(mount.options, 'workdir'),
    lowerDirs: lower === undefined || lower === '' ? [] : lower.split(':'),
  }
}

/**
 * The same state without the right to change it. An overlay becomes one of lower directories only, so that it
 * can be mounted beside the writable one; other mounts get `ro` on the last descriptor.
 */
export function readonlyMounts(mounts: readonly Mount[]): readonly Mount[] {
  const last = mounts.at(-1)
  if (last === undefined) return mounts
  const overlay = mounts.length === 1 ? overlayDirectories(last) : undefined
  if (overlay !== undefined) return [readonlyOverlay(last, overlay)]
  const options = [...last.options.filter((option) => option !== 'rw' && option !== 'ro'), 'ro']
  return [...mounts.slice(0, -1), { ...last, options }]
}

function readonlyOverlay(mount: Mount, overlay: OverlayDirectories): Mount {
  const layers = overlay.upperDir === undefined ? overlay.lowerDirs : [overlay.upperDir, ...overlay.lowerDirs]
  const [only] = layers
  if (layers.length === 1 && only !== undefined) return { type: 'bind', source: only, options: ['rbind', 'ro'] }
  const rest = mount.options.filter((option) => !/^(upperdir|workdir|lowerdir)=|^(volatile|rw|ro)$/.test(option))
  return { ...mount, options: [`lowerdir=${layers.join(':')}`, ...rest] }
}

/** Drops `volatile`: a second mount of the same overlay with it is refused by the kernel. */
export const withoutVolatile = (mounts: readonly Mount[]): readonly Mount[] =>
  mounts.map((mount) =>
    mount.type === 'overlay' && mount.options.includes('volatile')
      ? { ...mount, options: mount.options.filter((option) => option !== 'volatile') }
      : mount,
  )
