// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { readPidFile } from '@containerd-ts/runc'
import type { CleanupRequest, CleanupResult } from '@containerd-ts/shim'
import { unmountRootfs } from './rootfs.ts'
import { runcOf } from './runc-of.ts'
import { readSavedOptions } from './saved-options.ts'

/** What a container that is killed for want of a shim is said to have ended with: 128 + SIGKILL. */
const killedStatus = 137

/** Removes whatever is left of a container. Nothing left is success: the daemon asks after every orderly delete, too. */
export async function cleanUpContainer({ namespace, id, bundle, log }: CleanupRequest): Promise<CleanupResult> {
  const { binaryName, root } = await readSavedOptions(bundle)
  try {
    await runcOf({ namespace, bundle, binaryName, root }).delete(id, { force: true })
  } catch (error) {
    log.warn('failed to delete the container', { error })
  }
  try {
    await unmountRootfs(bundle)
  } catch (error) {
    log.warn('failed to unmount the root file system', { error })
  }
  const pid = await readPidFile(join(bundle, 'init.pid')).catch(() => undefined)
  return { pid, exitStatus: killedStatus, exitedAt: new Date() }
}
