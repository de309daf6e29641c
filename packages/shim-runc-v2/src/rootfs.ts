// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Mount } from '@containerd-ts/core'
import { KernelMounter } from '@containerd-ts/mount'
import { native } from '@containerd-ts/native-sys'

const rootfsOf = (bundle: string): string => join(bundle, 'rootfs')

/** Mounts a container's root file system into its bundle; all or nothing. */
export async function mountRootfs(bundle: string, mounts: readonly Mount[], signal?: AbortSignal): Promise<void> {
  if (mounts.length === 0) return
  const rootfs = rootfsOf(bundle)
  mkdirSync(rootfs, { recursive: true, mode: 0o711 })
  try {
    await new KernelMounter().mountAll(mounts, rootfs, { signal })
  } catch (cause) {
    throw new Error('failed to mount rootfs component', { cause })
  }
}

/** Unmounts whatever is mounted at the root file system and below. */
export async function unmountRootfs(bundle: string): Promise<void> {
  const rootfs = rootfsOf(bundle)
  try {
    // The usual one: a mount without others below it, for which the kernel's table need not be read.
    while (await native.unmount(rootfs));
  } catch {
    await new KernelMounter().unmountAll(rootfs, { recursive: true })
  }
}
