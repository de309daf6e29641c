// SPDX-License-Identifier: Apache-2.0
import type { Mount, SnapshotInfo, SnapshotKind } from '@containerd-ts/core'
import { join } from 'node:path'

/** `Active`, `Committed`, `View`. */
export const kindName = (kind: SnapshotKind): string => `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`

/** A snapshot as Go's JSON of it looks. */
export const snapshotJson = ({
  kind,
  name,
  parent,
  labels,
  createdAt,
  updatedAt,
}: SnapshotInfo): Record<string, unknown> => ({
  Kind: kindName(kind),
  Name: name,
  ...(parent === undefined ? {} : { Parent: parent }),
  ...(Object.keys(labels).length === 0 ? {} : { Labels: labels }),
  Created: createdAt.toISOString(),
  Updated: updatedAt.toISOString(),
})

/** The mount(8) command for each mount. */
export const mountCommands = (mounts: readonly Mount[], target: string): string =>
  mounts
    .map(({ type, source, target: below, options }) => {
      const where = below === undefined ? target : join(target, below)
      return `mount -t ${type} ${source} ${where}${options.length === 0 ? '' : ` -o ${options.join(',')}`}\n`
    })
    .join('')

/** A mount as Go's JSON of it looks. */
export const goMount = ({ type, source, target, options }: Mount): Record<string, unknown> => ({
  Type: type,
  Source: source,
  Target: target ?? '',
  Options: options,
})
