// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { fromTimestamp, toTimestamp } from '@containerd-ts/api'
import { ContainerSchema } from '@containerd-ts/api/services/containers/v1/containers_pb'
import type { Container as ContainerMessage } from '@containerd-ts/api/services/containers/v1/containers_pb'
import type { Container, NewContainer } from '@containerd-ts/core'
import { fromAny, fromAnyMap, toAny, toAnyMap } from './any.ts'
import { epoch } from './time.ts'

/** Takes a new container too: what it leaves out stays unset, and the server sets the times. */
export const toContainer = (container: NewContainer & Partial<Container>): ContainerMessage =>
  create(ContainerSchema, {
    id: container.id,
    labels: { ...container.labels },
    image: container.image ?? '',
    runtime: {
      name: container.runtime.name,
      ...(container.runtime.options === undefined ? {} : { options: toAny(container.runtime.options) }),
    },
    ...(container.spec === undefined ? {} : { spec: toAny(container.spec) }),
    snapshotter: container.snapshotter ?? '',
    snapshotKey: container.snapshotKey ?? '',
    createdAt: toTimestamp(container.createdAt),
    updatedAt: toTimestamp(container.updatedAt),
    extensions: toAnyMap(container.extensions ?? {}),
    sandbox: container.sandboxId ?? '',
  })

export const fromContainer = (message: ContainerMessage): Container => ({
  id: message.id,
  image: message.image,
  labels: message.labels,
  runtime: { name: message.runtime?.name ?? '', options: fromAny(message.runtime?.options) },
  spec: fromAny(message.spec),
  snapshotter: message.snapshotter,
  snapshotKey: message.snapshotKey,
  sandboxId: message.sandbox,
  extensions: fromAnyMap(message.extensions),
  createdAt: fromTimestamp(message.createdAt) ?? epoch,
  updatedAt: fromTimestamp(message.updatedAt) ?? epoch,
})
