// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, Mount, MountManager, Namespace } from '@containerd-ts/core'
import { isAlreadyExists, isNotFound, isUnimplemented } from '@containerd-ts/errdefs'

/** A namespace's mount manager. */
export type MountManagers = (namespace: Namespace) => MountManager

/** Lets the mount manager handle what needs handling, and returns the mounts left for the shim. */
export async function activateRootfs(
  managers: MountManagers | undefined,
  namespace: Namespace,
  id: string,
  rootfs: readonly Mount[],
  options: CallOptions,
): Promise<readonly Mount[]> {
  if (managers === undefined || rootfs.length === 0) return rootfs
  const manager = managers(namespace)
  try {
    const labels = { 'containerd.io/gc.bref.container': id }
    return (await manager.activate(id, rootfs, { ...options, labels })).system
  } catch (error) {
    if (isAlreadyExists(error)) return (await manager.info(id, options)).system
    if (isUnimplemented(error)) return rootfs
    throw error
  }
}

/** Undoes the activation, if there was one. */
export async function deactivateRootfs(
  managers: MountManagers | undefined,
  namespace: Namespace,
  id: string,
): Promise<void> {
  try {
    await managers?.(namespace).deactivate(id)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
