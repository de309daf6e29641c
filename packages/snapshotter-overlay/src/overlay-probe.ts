// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { release } from 'node:os'
import { join } from 'node:path'
import type { Mounter } from '@containerd-ts/core'
import { FailedPreconditionError } from '@containerd-ts/errdefs'
import { inUserNamespace } from '@containerd-ts/mount'

/** What the kernel and the file system under the snapshots can do. */
export interface OverlaySupport {
  /** Options that every mount needs here. */
  readonly options: readonly string[]
  /** Lower layers can be shown through an id map. */
  readonly remapIds: boolean
  readonly inUserNamespace: boolean
}

/**
 * Mounts a small overlay below `root` and looks whether deletions in it hold.
 * @throws {FailedPreconditionError} the kernel refuses the mount, or the file system does not report types of entries
 */
export async function probeOverlay(
  root: string,
  mounter: Mounter,
  configured: readonly string[],
): Promise<OverlaySupport> {
  const nested = inUserNamespace()
  const options: string[] = []
  if (nested && !configured.includes('userxattr')) options.push('userxattr')
  if (existsSync('/sys/module/overlay/parameters/index') && !configured.includes('index')) options.push('index=off')
  await tryOverlay(root, mounter, options)
  return { options, remapIds: kernelAtLeast(5, 19), inUserNamespace: nested }
}

async function tryOverlay(root: string, mounter: Mounter, options: readonly string[]): Promise<void> {
  const place = await mkdtemp(join(root, 'probe-'))
  try {
    const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => join(place, name)) as [string, string, string]
    for (const path of [lower, upper, work]) await mkdir(path)
    await writeFile(join(lower, 'deleted'), '')
    await writeFile(join(upper, 'kept'), '')
    const mount = {
      type: 'overlay',
      source: 'overlay',
      options: [`workdir=${work}`, `upperdir=${upper}`, `lowerdir=${lower}`, ...options],
    }
    await using merged = await mounter.mountTemp([mount])
    await rm(join(merged.path, 'deleted'))
    // Without d_type the kernel cannot tell the mark of a deletion from a file, and lists it.
    if ((await readdir(merged.path)).includes('deleted')) {
      throw new FailedPreconditionError(`file system of ${root} does not support d_type; xfs needs ftype=1`)
    }
  } catch (cause) {
    throw new FailedPreconditionError(`overlayfs does not work on ${root}`, { cause })
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

function kernelAtLeast(major: number, minor: number): boolean {
  const [haveMajor = 0, haveMinor = 0] = release().split('.').map(Number)
  return haveMajor > major || (haveMajor === major && haveMinor >= minor)
}
