// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** Labels of an object. Values are never empty once stored: setting an empty value removes the key. */
export type Labels = Readonly<Record<string, string>>

const maxLabelBytes = 4096

/**
 * Checks the only rule labels have: key and value together at most 4096 bytes.
 * @throws {InvalidArgumentError} naming the first 64 bytes of the key
 */
export function checkLabels(labels: Labels): void {
  for (const [key, value] of Object.entries(labels)) {
    const size = Buffer.byteLength(key) + Buffer.byteLength(value)
    if (size <= maxLabelBytes) continue
    const shown = Buffer.from(key).subarray(0, 64).toString()
    throw new InvalidArgumentError(
      `label key and value length (${size} bytes) greater than maximum size (${maxLabelBytes} bytes), key: ${shown}`,
    )
  }
}

/** Label keys and prefixes that containerd itself reads or writes. */
export const LabelKey = {
  gcRoot: 'containerd.io/gc.root',
  gcRefContent: 'containerd.io/gc.ref.content',
  gcRefSnapshot: 'containerd.io/gc.ref.snapshot.',
  gcRefImage: 'containerd.io/gc.ref.image',
  gcBackRefImage: 'containerd.io/gc.bref.image',
  gcExpire: 'containerd.io/gc.expire',
  gcFlat: 'containerd.io/gc.flat',
  uncompressed: 'containerd.io/uncompressed',
  distributionSource: 'containerd.io/distribution.source',
  snapshotRef: 'containerd.io/snapshot.ref',
  snapshotPrefix: 'containerd.io/snapshot/',
  shareable: 'containerd.io/namespace.shareable',
} as const
