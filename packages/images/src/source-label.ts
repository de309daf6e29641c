// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentManager, Digest, Labels } from '@containerd-ts/core'
import { checkLabels, LabelKey } from '@containerd-ts/core'
import { isFailedPrecondition, isNotFound } from '@containerd-ts/errdefs'
import type { Reference } from '@containerd-ts/oci'
import { addLabels } from './gc-labels.ts'

/** Key that remembers which repositories of a registry hold a blob; the port is left out. */
export const sourceLabelKey = (host: string): string => `${LabelKey.distributionSource}.${host.replace(/:\d+$/, '')}`

/** The labels of a blob with one more source; none when they would grow too long. */
export function sourceLabels(existing: Labels, { host, repository }: Reference): Labels {
  const key = sourceLabelKey(host)
  const known = (existing[key] ?? '').split(',').filter((path) => path !== '')
  const value = [...new Set([...known, repository])].toSorted().join(',')
  if (value === existing[key]) return {}
  try {
    checkLabels({ [key]: value })
  } catch {
    return {}
  }
  return { [key]: value }
}

/** Remembers the source of a blob that the store had before, if it is still there and the store keeps labels at all. */
export async function addSourceLabel(
  content: ContentManager,
  digest: Digest,
  reference: Reference,
  options?: CallOptions,
): Promise<void> {
  try {
    const { labels } = await content.info(digest, options)
    await addLabels(content, digest, sourceLabels(labels, reference), options)
  } catch (error) {
    if (!isNotFound(error) && !isFailedPrecondition(error)) throw error
  }
}

/**
 * Repository of `host` that holds the blob and shares the longest path with the target; for mounting instead of
 * uploading.
 */
export function mountSource(labels: Labels, host: string, repository: string): string | undefined {
  const candidates = (labels[sourceLabelKey(host)] ?? '')
    .split(',')
    .filter((path) => path !== '' && path !== repository)
  const target = repository.split('/')
  const shared = (path: string): number => {
    const parts = path.split('/')
    const differs = target.findIndex((part, i) => part !== parts[i])
    return differs < 0 ? target.length : differs
  }
  return candidates.toSorted((a, b) => shared(b) - shared(a))[0]
}
