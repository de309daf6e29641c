// SPDX-License-Identifier: Apache-2.0
import { packMessage, toTimestamp } from '@containerd-ts/api'
import { eventField } from '@containerd-ts/api/events'
import {
  ContainerCreateSchema,
  ContainerDeleteSchema,
  ContainerUpdateSchema,
} from '@containerd-ts/api/events/container_pb'
import { ContentCreateSchema, ContentDeleteSchema } from '@containerd-ts/api/events/content_pb'
import { ImageCreateSchema, ImageDeleteSchema, ImageUpdateSchema } from '@containerd-ts/api/events/image_pb'
import {
  NamespaceCreateSchema,
  NamespaceDeleteSchema,
  NamespaceUpdateSchema,
} from '@containerd-ts/api/events/namespace_pb'
import { SandboxCreateSchema, SandboxExitSchema, SandboxStartSchema } from '@containerd-ts/api/events/sandbox_pb'
import {
  SnapshotCommitSchema,
  SnapshotPrepareSchema,
  SnapshotRemoveSchema,
} from '@containerd-ts/api/events/snapshot_pb'
import type { Any } from '@bufbuild/protobuf/wkt'
import type { DomainEvent, EventCodec } from '@containerd-ts/core'
import { create } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { toAny } from './any.ts'
import { toInt64 } from './number.ts'
import { encodeTaskEvent, isTaskEvent } from './task-event-codec.ts'

/** Events in the original's messages, for the exchange. */
export const protobufEvents: EventCodec = {
  encode: (event) => (isTaskEvent(event) ? encodeTaskEvent(event) : encode(event)),
  field: (event, path) => eventField(create(AnySchema, event), path),
}

function encode(event: Exclude<DomainEvent, { topic: `/tasks/${string}` }>): Any {
  switch (event.topic) {
    case '/containers/create': {
      const { name, options } = event.runtime
      const runtime = { name, ...(options === undefined ? {} : { options: toAny(options) }) }
      return packMessage(ContainerCreateSchema, { id: event.id, image: event.image, runtime })
    }
    case '/containers/update':
      return packMessage(ContainerUpdateSchema, {
        id: event.id,
        image: event.image,
        labels: { ...event.labels },
        snapshotKey: event.snapshotKey,
      })
    case '/containers/delete':
      return packMessage(ContainerDeleteSchema, { id: event.id })
    case '/content/create':
      return packMessage(ContentCreateSchema, { digest: event.digest, size: toInt64(event.sizeBytes) })
    case '/content/delete':
      return packMessage(ContentDeleteSchema, { digest: event.digest })
    case '/images/create':
      return packMessage(ImageCreateSchema, { name: event.name, labels: { ...event.labels } })
    case '/images/update':
      return packMessage(ImageUpdateSchema, { name: event.name, labels: { ...event.labels } })
    case '/images/delete':
      return packMessage(ImageDeleteSchema, { name: event.name })
    case '/namespaces/create':
      return packMessage(NamespaceCreateSchema, { name: event.name, labels: { ...event.labels } })
    case '/namespaces/update':
      return packMessage(NamespaceUpdateSchema, { name: event.name, labels: { ...event.labels } })
    case '/namespaces/delete':
      return packMessage(NamespaceDeleteSchema, { name: event.name })
    case '/snapshot/prepare':
      return packMessage(SnapshotPrepareSchema, {
        key: event.key,
        parent: event.parent,
        snapshotter: event.snapshotter,
      })
    case '/snapshot/commit':
      return packMessage(SnapshotCommitSchema, { key: event.key, name: event.name, snapshotter: event.snapshotter })
    case '/snapshot/remove':
      return packMessage(SnapshotRemoveSchema, { key: event.key, snapshotter: event.snapshotter })
    case '/sandboxes/create':
      return packMessage(SandboxCreateSchema, { sandboxId: event.sandboxId })
    case '/sandboxes/start':
      return packMessage(SandboxStartSchema, { sandboxId: event.sandboxId })
    case '/sandboxes/exit':
      return packMessage(SandboxExitSchema, {
        sandboxId: event.sandboxId,
        exitStatus: event.exitStatus,
        exitedAt: toTimestamp(event.exitedAt),
      })
  }
}
