// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { fromTimestamp, toTimestamp } from '@containerd-ts/api'
import { InfoSchema, Kind } from '@containerd-ts/api/services/snapshots/v1/snapshots_pb'
import type { Info } from '@containerd-ts/api/services/snapshots/v1/snapshots_pb'
import type { SnapshotInfo, SnapshotKind } from '@containerd-ts/core'
import { epoch } from './time.ts'

const toKind: Readonly<Record<SnapshotKind, Kind>> = { view: Kind.VIEW, active: Kind.ACTIVE, committed: Kind.COMMITTED }

/** An unknown kind reads as active, the one nothing is built on. */
const fromKind = (kind: Kind): SnapshotKind =>
  kind === Kind.VIEW ? 'view' : kind === Kind.COMMITTED ? 'committed' : 'active'

export const toSnapshotInfo = (info: SnapshotInfo): Info =>
  create(InfoSchema, {
    name: info.name,
    parent: info.parent ?? '',
    kind: toKind[info.kind],
    createdAt: toTimestamp(info.createdAt),
    updatedAt: toTimestamp(info.updatedAt),
    labels: { ...info.labels },
  })

export const fromSnapshotInfo = (message: Info): SnapshotInfo => ({
  kind: fromKind(message.kind),
  name: message.name,
  ...(message.parent === '' ? {} : { parent: message.parent }),
  labels: message.labels,
  createdAt: fromTimestamp(message.createdAt) ?? epoch,
  updatedAt: fromTimestamp(message.updatedAt) ?? epoch,
})
