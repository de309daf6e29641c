// SPDX-License-Identifier: Apache-2.0
import type { ActiveMount, Mount } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { formatTransformer } from './format.ts'

const earlier: readonly ActiveMount[] = ['a', 'b', 'c'].map((name) => ({
  mount: { type: 't', source: `/source/${name}`, options: [], ...(name === 'b' ? { target: 'sub' } : {}) },
  mountPoint: `/point/${name}`,
  data: {},
}))
const format = (mount: Partial<Mount>) =>
  formatTransformer.transform({ type: 't', source: '', options: [], ...mount }, earlier, {})
const option = async (text: string) => (await format({ options: [text] })).options[0]

describe('format/', () => {
  it.each([
    ['{{ source 0 }}', '/source/a'],
    ['{{mount 1}}', '/point/b'],
    ['{{  target   1  }}', 'sub'],
    ['{{ target 0 }}', ''],
    ['lowerdir={{ overlay 0 2 }}', 'lowerdir=/point/a:/point/b:/point/c'],
    ['lowerdir={{ overlay 2 1 }}:/x', 'lowerdir=/point/c:/point/b:/x'],
    ['{{ overlay 1 1 }}', '/point/b'],
    ['{{ mount 0 }}/up:{{ mount 1 }}/work', '/point/a/up:/point/b/work'],
    ['{ mount 0 }', '{ mount 0 }'],
  ])('makes of %s: %s', async (text, expected) => {
    expect(await option(text)).toBe(expected)
  })

  it('fills source, target and options', async () => {
    const mount = { source: '{{ mount 0 }}', target: '{{ target 1 }}', options: ['{{ source 2 }}', 'ro'] }
    expect(await format(mount)).toEqual({
      type: 't',
      source: '/point/a',
      target: 'sub',
      options: ['/source/c', 'ro'],
    })
  })

  it.each(['{{ mount 3 }}', '{{ overlay 0 3 }}', '{{ mount -1 }}', '{{ mount }}', '{{ other 1 }}', '{{ mount x }}'])(
    'refuses %s',
    async (text) => {
      await expect(option(text)).rejects.toMatchObject({ code: Code.InvalidArgument })
    },
  )
})
