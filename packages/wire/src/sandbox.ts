// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { fromTimestamp, toTimestamp } from '@containerd-ts/api'
import { SandboxSchema } from '@containerd-ts/api/types/sandbox_pb'
import type { Sandbox as SandboxMessage } from '@containerd-ts/api/types/sandbox_pb'
import type { NewSandbox, Sandbox } from '@containerd-ts/core'
import { fromAny, fromAnyMap, toAny, toAnyMap } from './any.ts'
import { epoch } from './time.ts'

export const toSandbox = (sandbox: NewSandbox & Partial<Sandbox>): SandboxMessage =>
  create(SandboxSchema, {
    sandboxId: sandbox.id,
    labels: { ...sandbox.labels },
    runtime: {
      name: sandbox.runtime?.name ?? '',
      ...(sandbox.runtime?.options === undefined ? {} : { options: toAny(sandbox.runtime.options) }),
    },
    ...(sandbox.spec === undefined ? {} : { spec: toAny(sandbox.spec) }),
    sandboxer: sandbox.sandboxer ?? '',
    extensions: toAnyMap(sandbox.extensions ?? {}),
    createdAt: toTimestamp(sandbox.createdAt),
    updatedAt: toTimestamp(sandbox.updatedAt),
  })

export const fromSandbox = (message: SandboxMessage): Sandbox => ({
  id: message.sandboxId,
  labels: message.labels,
  runtime: { name: message.runtime?.name ?? '', options: fromAny(message.runtime?.options) },
  spec: fromAny(message.spec),
  sandboxer: message.sandboxer,
  extensions: fromAnyMap(message.extensions),
  createdAt: fromTimestamp(message.createdAt) ?? epoch,
  updatedAt: fromTimestamp(message.updatedAt) ?? epoch,
})
