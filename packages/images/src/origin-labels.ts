// SPDX-License-Identifier: Apache-2.0
import { checkLabels, LabelKey } from '@containerd-ts/core'
import type { Digest, Labels } from '@containerd-ts/core'
import type { OciDescriptor } from '@containerd-ts/oci'

/** Where the layers of a manifest come from. */
export interface Origin {
  /** Full image reference. */
  readonly ref: string
  readonly manifest: Digest
}

/**
 * What a snapshotter that fetches layers by itself is told of one: image, manifest, the layer, and it with those above
 * it, as many as a label holds. The keys are those of the original's CRI.
 */
export function originLabels({ ref, manifest }: Origin, layers: readonly OciDescriptor[], index: number): Labels {
  const key = (name: string): string => `${LabelKey.snapshotPrefix}cri.${name}`
  const above = layers.slice(index).map(({ digest }) => digest)
  while (above.length > 1 && !fits(key('image-layers'), above.join())) above.pop()
  return {
    [key('image-ref')]: ref,
    [key('manifest-digest')]: manifest,
    [key('layer-digest')]: layers[index]?.digest ?? '',
    [key('image-layers')]: above.join(),
  }
}

function fits(key: string, value: string): boolean {
  try {
    checkLabels({ [key]: value })
    return true
  } catch {
    return false
  }
}
