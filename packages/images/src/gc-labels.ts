// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentManager, Digest, Labels } from '@containerd-ts/core'
import { digestHex, LabelKey } from '@containerd-ts/core'
import { isConfigType, isLayerType, isManifestType } from '@containerd-ts/oci'
import type { OciDescriptor } from '@containerd-ts/oci'

export type LabelPrefix = (child: OciDescriptor) => string

/** Label under which a parent names a child; those ending in a dot get a number. */
export const childLabel: LabelPrefix = ({ mediaType }) => {
  if (isManifestType(mediaType)) return `${LabelKey.gcRefContent}.m.`
  if (isLayerType(mediaType)) return `${LabelKey.gcRefContent}.l.`
  if (isConfigType(mediaType)) return `${LabelKey.gcRefContent}.config`
  return `${LabelKey.gcRefContent}.`
}

/** As `childLabel`, without layers: they may be collected once they are unpacked. */
export const childLabelWithoutLayers: LabelPrefix = (child) => (isLayerType(child.mediaType) ? '' : childLabel(child))

/** Label of a referrer on its subject. */
export const referrerLabel = (digest: Digest): string =>
  `${LabelKey.gcRefContent}.referrer.sha256.${digestHex(digest).slice(0, 12)}`

/** Labels that tie children to their parent for garbage collection; equal kinds are counted from 0. */
export function childLabels(children: readonly OciDescriptor[], prefixOf: LabelPrefix = childLabel): Labels {
  const counts = new Map<string, number>()
  const labels: Record<string, string> = {}
  for (const child of children) {
    const prefix = prefixOf(child)
    if (prefix === '') continue
    const index = counts.get(prefix) ?? 0
    counts.set(prefix, index + 1)
    labels[prefix.endsWith('.') || index > 0 ? `${prefix}${index}` : prefix] = child.digest
  }
  return labels
}

/** Adds labels to a blob and leaves its others. */
export async function addLabels(
  content: ContentManager,
  digest: Digest,
  labels: Labels,
  options?: CallOptions,
): Promise<void> {
  const keys = Object.keys(labels)
  if (keys.length === 0) return
  await content.update(
    digest,
    labels,
    keys.map((key) => `labels.${key}`),
    options,
  )
}
