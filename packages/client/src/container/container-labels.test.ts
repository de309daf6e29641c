// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { containerLabels } from './container-labels.ts'

describe('labels of a container', () => {
  it("let the caller's win over the image's, and those over its configuration's", () => {
    const request = { config: { a: '1', b: '1', c: '1' }, image: { b: '2', c: '2' }, own: { c: '3' } }
    expect(containerLabels(request)).toEqual({ a: '1', b: '2', c: '3' })
  })

  it('do not come from an image where they mean something to containerd', () => {
    const warnings: string[] = []
    const labels = containerLabels({
      config: { 'containerd.io/gc.root': 'x', 'io.cri-containerd.kind': 'x', own: 'y' },
      image: { 'containerd.io/distribution.source.x': 'z' },
      own: {},
      onWarning: (message) => warnings.push(message),
    })
    expect(labels).toEqual({ own: 'y', 'containerd.io/distribution.source.x': 'z' })
    expect(warnings).toHaveLength(2)
  })

  it('are left out when they are too long', () => {
    const warnings: string[] = []
    const request = { config: { big: 'x'.repeat(5000), ok: 'y' }, image: {}, own: {} }
    expect(containerLabels({ ...request, onWarning: (message) => warnings.push(message) })).toEqual({ ok: 'y' })
    expect(warnings[0]).toMatch(/greater than maximum size/)
  })
})
