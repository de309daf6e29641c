// SPDX-License-Identifier: Apache-2.0
import { bool, plainMessage, text, texts, uint32 } from '@containerd-ts/ttrpc'
import type { PlainShape } from '@containerd-ts/ttrpc'

export const runcOptions = plainMessage('containerd.runc.v1.Options', {
  noPivotRoot: bool(1),
  noNewKeyring: bool(2),
  shimCgroup: text(3),
  ioUid: uint32(4),
  ioGid: uint32(5),
  binaryName: text(6),
  root: text(7),
  systemdCgroup: bool(9),
  criuImagePath: text(10),
  criuWorkPath: text(11),
  taskApiAddress: text(12),
  taskApiVersion: uint32(13),
})
export type Options = PlainShape<typeof runcOptions>

export const checkpointOptions = plainMessage('containerd.runc.v1.CheckpointOptions', {
  exit: bool(1),
  openTcp: bool(2),
  externalUnixSockets: bool(3),
  terminal: bool(4),
  fileLocks: bool(5),
  emptyNamespaces: texts(6),
  cgroupsMode: text(7),
  imagePath: text(8),
  workPath: text(9),
})
export type CheckpointOptions = PlainShape<typeof checkpointOptions>

export const processDetails = plainMessage('containerd.runc.v1.ProcessDetails', { execId: text(1) })
