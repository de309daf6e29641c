// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { fromTimestamp, toTimestamp } from '@containerd-ts/api'
import { LeaseSchema } from '@containerd-ts/api/services/leases/v1/leases_pb'
import type { Lease as LeaseMessage } from '@containerd-ts/api/services/leases/v1/leases_pb'
import type { Lease } from '@containerd-ts/core'
import { epoch } from './time.ts'

export const toLease = (lease: Lease): LeaseMessage =>
  create(LeaseSchema, { id: lease.id, createdAt: toTimestamp(lease.createdAt), labels: { ...lease.labels } })

export const fromLease = (message: LeaseMessage): Lease => ({
  id: message.id,
  createdAt: fromTimestamp(message.createdAt) ?? epoch,
  labels: message.labels,
})
