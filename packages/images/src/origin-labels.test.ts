// SPDX-License-Identifier: Apache-2.0
import type { Digest } from '@containerd-ts/core'
import { describe, expect, it } from 'vitest'
import { originLabels } from './origin-labels.ts'

const digest = (i: number): Digest => `sha256:${i.toString(16).padStart(64, '0')}` as Digest
const layer = (i: number) => ({
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  digest: digest(i),
  sizeBytes: 1,
})
const origin = { ref: 'r.io/a/b:c', manifest: digest(99) }

describe('origin labels of a layer', () => {
  it('name the image, the manifest, the layer and those above it', () => {
    expect(originLabels(origin, [layer(1), layer(2), layer(3)], 1)).toEqual({
      'containerd.io/snapshot/cri.image-ref': 'r.io/a/b:c',
      'containerd.io/snapshot/cri.manifest-digest': digest(99),
      'containerd.io/snapshot/cri.layer-digest': digest(2),
      'containerd.io/snapshot/cri.image-layers': `${digest(2)},${digest(3)}`,
    })
  })

  it('name as many layers as a label holds', () => {
    const layers = Array.from({ length: 100 }, (_, i) => layer(i))
    const named = originLabels(origin, layers, 3)['containerd.io/snapshot/cri.image-layers'] ?? ''
    // 4096 bytes, less 39 for the key; 71 for a digest, and its comma.
    expect(named.split(',')).toEqual(layers.slice(3, 3 + 56).map((each) => each.digest))
  })
})
