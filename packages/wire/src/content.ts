// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { fromTimestamp, toTimestamp } from '@containerd-ts/api'
import { InfoSchema, StatusSchema } from '@containerd-ts/api/services/content/v1/content_pb'
import type { Info, Status } from '@containerd-ts/api/services/content/v1/content_pb'
import type { BlobInfo, Digest, IngestStatus } from '@containerd-ts/core'
import { fromInt64, toInt64 } from './number.ts'
import { epoch } from './time.ts'

export const toBlobInfo = (info: BlobInfo): Info =>
  create(InfoSchema, {
    digest: info.digest,
    size: toInt64(info.sizeBytes),
    createdAt: toTimestamp(info.createdAt),
    updatedAt: toTimestamp(info.updatedAt),
    labels: { ...info.labels },
  })

export const fromBlobInfo = (message: Info): BlobInfo => ({
  digest: message.digest as Digest,
  sizeBytes: fromInt64(message.size),
  createdAt: fromTimestamp(message.createdAt) ?? epoch,
  updatedAt: fromTimestamp(message.updatedAt) ?? epoch,
  labels: message.labels,
})

export const toIngestStatus = (status: IngestStatus): Status =>
  create(StatusSchema, {
    startedAt: toTimestamp(status.startedAt),
    updatedAt: toTimestamp(status.updatedAt),
    ref: status.ref,
    offset: toInt64(status.offsetBytes),
    total: toInt64(status.totalBytes),
    expected: status.expected ?? '',
  })

export const fromIngestStatus = (message: Status): IngestStatus => ({
  ref: message.ref,
  offsetBytes: fromInt64(message.offset),
  totalBytes: fromInt64(message.total),
  expected: message.expected === '' ? undefined : (message.expected as Digest),
  startedAt: fromTimestamp(message.startedAt) ?? epoch,
  updatedAt: fromTimestamp(message.updatedAt) ?? epoch,
})
