// SPDX-License-Identifier: Apache-2.0
import type { SnapshotBackend, SnapshotInfo } from '@containerd-ts/core'
import { isNotFound, isUnimplemented } from '@containerd-ts/errdefs'
import type { MetadataState } from '../metadata-state.ts'
import { backendLockKey } from '../snapshot-records.ts'
import { namespaceOfName } from '../snapshot-names.ts'
import { snapshotOwners } from '../tables.ts'

/**
 * Removes snapshots that no namespace has a record of, children before parents, then lets the backend free what they
 * left. One that cannot be removed is left for the next time.
 */
export async function cleanSnapshots(
  state: MetadataState,
  snapshotter: string,
  backend: SnapshotBackend,
): Promise<void> {
  const { everything, names } = state.pending.takeSnapshots(snapshotter)
  if (!everything && names.length === 0) return
  try {
    const found = everything ? await Array.fromAsync(backend.list()) : await stat(backend, names)
    for (const { name } of childrenFirst(found)) await remove(state, snapshotter, backend, name)
    await backend.cleanup()
  } catch (error) {
    if (isUnimplemented(error)) return
    state.pending.markUnknown(`snapshots/${snapshotter}`)
    state.logger.error('snapshotter not cleaned', { snapshotter, error })
  }
}

/** Names are never given twice: one without a record that is not in the making will not get one, save by adoption. */
const isNeeded = (state: MetadataState, snapshotter: string, name: string): boolean =>
  state.snapshotNames.isInTheMaking(snapshotter, name) ||
  state.read((tx) => tx.any(snapshotOwners, [snapshotter, name]))

async function remove(
  state: MetadataState,
  snapshotter: string,
  backend: SnapshotBackend,
  name: string,
): Promise<void> {
  using _held = await state.snapshotLock.acquire(backendLockKey(snapshotter, name))
  if (isNeeded(state, snapshotter, name)) return
  try {
    await backend.remove(name, { namespace: namespaceOfName(name) })
  } catch (error) {
    if (isNotFound(error)) return
    state.pending.snapshot(snapshotter, name)
    state.logger.error('snapshot not removed', { snapshotter, name, error })
  }
}

async function stat(backend: SnapshotBackend, names: readonly string[]): Promise<SnapshotInfo[]> {
  const found: SnapshotInfo[] = []
  for (const name of names) {
    const info = await backend.stat(name, { namespace: namespaceOfName(name) }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
      return undefined
    })
    if (info !== undefined) found.push(info)
  }
  return found
}

function childrenFirst(infos: readonly SnapshotInfo[]): SnapshotInfo[] {
  const byName = new Map(infos.map((info) => [info.name, info]))
  const depths = new Map<string, number>()
  const depthOf = (info: SnapshotInfo): number => {
    const chain: SnapshotInfo[] = []
    for (
      let at: SnapshotInfo | undefined = info;
      at !== undefined && !depths.has(at.name);
      at = byName.get(at.parent ?? '')
    ) {
      chain.push(at)
    }
    for (const { name, parent } of chain.reverse()) depths.set(name, (depths.get(parent ?? '') ?? 0) + 1)
    return depths.get(info.name) ?? 0
  }
  return infos.toSorted((a, b) => depthOf(b) - depthOf(a))
}
