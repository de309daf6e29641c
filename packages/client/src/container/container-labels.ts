// SPDX-License-Identifier: Apache-2.0
import { checkLabels } from '@containerd-ts/core'
import type { Labels } from '@containerd-ts/core'
import { describe } from '@containerd-ts/errdefs'

/** Label that tells how the image wants to be stopped. */
export const stopSignalLabel = 'io.containerd.image.config.stop-signal'

/** Prefixes that mean something to containerd or to CRI: an image must not set them by its configuration. */
const reserved = ['containerd.io/', 'io.cri-containerd']

export interface ContainerLabelsRequest {
  /** From the image's configuration. */
  readonly config: Labels
  /** Of the image's record. */
  readonly image: Labels
  /** The caller's; the strongest. */
  readonly own: Labels
  /** Told of every label that is left out. */
  readonly onWarning?: ((message: string) => void) | undefined
}

/** Labels of a container made from an image. */
export function containerLabels({ config, image, own, onWarning }: ContainerLabelsRequest): Labels {
  const labels: Record<string, string> = {}
  for (const [key, value] of Object.entries(config)) {
    if (reserved.some((prefix) => key.startsWith(prefix))) {
      onWarning?.(`label "${key}" of the image configuration is reserved and was left out`)
    } else labels[key] = value
  }
  Object.assign(labels, image, own)
  for (const [key, value] of Object.entries(labels)) {
    try {
      checkLabels({ [key]: value })
    } catch (error) {
      onWarning?.(`label left out: ${describe(error)}`)
      delete labels[key]
    }
  }
  return labels
}
