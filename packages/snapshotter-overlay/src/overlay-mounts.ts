// SPDX-License-Identifier: Apache-2.0
import type { Mount } from '@containerd-ts/core'
import type { SnapshotRecord } from '@containerd-ts/snapshot-store'
import { gidMappingLabel, uidMappingLabel } from './overlay-config.ts'
import type { OverlayLayout } from './overlay-layout.ts'

export interface MountContext {
  readonly layout: OverlayLayout
  /** Configured and probed options, in the order they are appended. */
  readonly options: readonly string[]
  readonly remapIds: boolean
}

const bind = (source: string, options: readonly string[]): readonly Mount[] => [{ type: 'bind', source, options }]

/** The mounts that show an active snapshot or a view. */
export function mountsOf(
  context: MountContext,
  record: SnapshotRecord,
  parentIds: readonly number[],
): readonly Mount[] {
  const { layout } = context
  const idMap = context.remapIds ? idMapOptions(record) : []
  const access = record.info.kind === 'view' ? 'ro' : 'rw'
  const [nearest] = parentIds
  if (nearest === undefined) return bind(layout.upper(record.id), [...idMap, access, 'rbind'])
  const options = [...idMap]
  if (record.info.kind === 'active')
    options.push(`workdir=${layout.work(record.id)}`, `upperdir=${layout.upper(record.id)}`)
  else if (parentIds.length === 1) return bind(layout.upper(nearest), [...idMap, 'ro', 'rbind'])
  options.push(`lowerdir=${parentIds.map((id) => layout.upper(id)).join(':')}`, ...context.options)
  return [{ type: 'overlay', source: 'overlay', options }]
}

function idMapOptions({ info }: SnapshotRecord): readonly string[] {
  const uid = info.labels[uidMappingLabel]
  const gid = info.labels[gidMappingLabel]
  return [...(uid === undefined ? [] : [`uidmap=${uid}`]), ...(gid === undefined ? [] : [`gidmap=${gid}`])]
}
