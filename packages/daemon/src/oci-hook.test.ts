// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { fill } from './commands/oci-hook.ts'

const state = { id: 'c1', bundle: '/b', rootfs: '/b/rootfs', pid: 42, status: 'created', annotations: { k: 'v' } }

describe('oci-hook', () => {
  it('fills values of the state in', () => {
    expect(
      fill('{{id}} {{ bundle }} {{rootfs}} {{pid}} {{status}} {{annotation "k"}} {{annotation "x"}}.', state),
    ).toBe('c1 /b /b/rootfs 42 created v .')
  })

  it('refuses functions nobody knows', () => {
    expect(() => fill('{{nonsense}}', state)).toThrow('{{nonsense}} not defined')
  })
})
