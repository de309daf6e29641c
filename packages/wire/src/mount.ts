// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { fromTimestamp, toTimestamp } from '@containerd-ts/api'
import { ActivationInfoSchema, MountSchema } from '@containerd-ts/api/types/mount_pb'
import type { ActivationInfo, Mount as MountMessage } from '@containerd-ts/api/types/mount_pb'
import type { Mount, MountActivation } from '@containerd-ts/core'

export const toMount = (mount: Mount): MountMessage =>
  create(MountSchema, {
    type: mount.type,
    source: mount.source,
    target: mount.target ?? '',
    options: [...mount.options],
  })

export const fromMount = (message: MountMessage): Mount => ({
  type: message.type,
  source: message.source,
  options: message.options,
  ...(message.target === '' ? {} : { target: message.target }),
})

export const toActivation = (activation: MountActivation): ActivationInfo =>
  create(ActivationInfoSchema, {
    name: activation.name,
    active: activation.active.map((active) => ({
      mount: toMount(active.mount),
      mountedAt: toTimestamp(active.mountedAt),
      mountPoint: active.mountPoint,
      data: { ...active.data },
    })),
    system: activation.system.map(toMount),
    labels: { ...activation.labels },
  })

const emptyMount: Mount = { type: '', source: '', options: [] }

export const fromActivation = (message: ActivationInfo): MountActivation => ({
  name: message.name,
  active: message.active.map((active) => ({
    mount: active.mount === undefined ? emptyMount : fromMount(active.mount),
    mountedAt: fromTimestamp(active.mountedAt),
    mountPoint: active.mountPoint,
    data: active.data,
  })),
  system: message.system.map(fromMount),
  labels: message.labels,
})
