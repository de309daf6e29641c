// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Mount, Mounter } from '@containerd-ts/core'
import { overlayDirectories } from '@containerd-ts/mount'
import type { ApplyTarget } from './apply-target.ts'

/**
 * An overlay is written in its upper directory, without mounting it: no copy-up, no second file system in the way.
 * Everything else is mounted at a temporary place. Disposal unmounts it.
 */
export async function openTarget(
  mounter: Mounter,
  mounts: readonly Mount[],
  nested: boolean,
  options: CallOptions,
): Promise<AsyncDisposable & { readonly target: ApplyTarget }> {
  const [only] = mounts
  const overlay = mounts.length === 1 && only !== undefined && !nested ? overlayDirectories(only) : undefined
  if (overlay?.upperDir !== undefined && only !== undefined) {
    const xattrPrefix = only.options.includes('userxattr') ? 'user.overlay.' : 'trusted.overlay.'
    const target = { root: overlay.upperDir, overlay: { lowerDirs: overlay.lowerDirs, xattrPrefix } }
    return { target, [Symbol.asyncDispose]: async () => {} }
  }
  const mounted = await mounter.mountTemp(mounts, options)
  return { target: { root: mounted.path }, [Symbol.asyncDispose]: () => mounted[Symbol.asyncDispose]() }
}
