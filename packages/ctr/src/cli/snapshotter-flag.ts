// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'

/** Which snapshotter to use; without it the namespace's default, else overlayfs. */
export const snapshotterFlag = Flags.string({
  summary: 'snapshotter [$CONTAINERD_SNAPSHOTTER]',
  env: 'CONTAINERD_SNAPSHOTTER',
})
