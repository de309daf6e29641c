// SPDX-License-Identifier: Apache-2.0
import type { Mount, MountHandler } from '@containerd-ts/core'
import { Code, codeOf } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { planActivation } from './activation-plan.ts'
import type { Transformer } from './transform/transformer.ts'

const transformer = (): Transformer => ({ transform: (mount) => Promise.resolve(mount) })
const [format, mkdir] = [transformer(), transformer()]
const handler: MountHandler = {
  type: 'loop',
  mount: () => Promise.resolve({ data: {} }),
  unmount: () => Promise.resolve(),
}
const typed = (type: string): Mount => ({ type, source: 's', options: ['o'] })
const plan = (types: readonly string[], temporary = false) =>
  planActivation({
    mounts: types.map(typed),
    handlers: new Map([['loop', handler]]),
    transformers: new Map([
      ['format', format],
      ['mkdir', mkdir],
    ]),
    temporary,
  })

describe('planActivation', () => {
  it.each([
    { types: ['loop'], active: 1, why: 'what has a handler' },
    { types: ['loop', 'ext4'], active: 1, why: 'nothing behind the last handler' },
    { types: ['tmpfs', 'loop', 'ext4'], active: 2, why: 'everything before a handler' },
    { types: ['tmpfs', 'format/overlay'], active: 1, why: 'everything before a transformer, not its own mount' },
    { types: ['tmpfs', 'mkdir/overlay'], active: 1, why: 'the same for any transformer' },
    { types: ['mkdir/overlay'], active: 0, why: 'nothing, where only the first one is transformed' },
    { types: ['mkdir/bind', 'tmpfs', 'format/overlay', 'bind'], active: 2, why: 'up to the last transformer' },
    { types: ['format/loop', 'bind'], active: 1, why: 'a transformed one with a handler' },
  ])('mounts $why: $types', ({ types, active }) => {
    expect(plan(types).activeCount).toBe(active)
  })

  it('takes transformers off the type, from the left', () => {
    const [planned] = plan(['format/mkdir/overlay']).mounts
    expect(planned?.mount).toEqual({ type: 'overlay', source: 's', options: ['o'] })
    expect(planned?.transformers).toEqual([format, mkdir])
  })

  it('stops at a prefix that is no transformer', () => {
    const [planned] = plan(['format/other/mkdir/overlay']).mounts
    expect(planned?.mount.type).toBe('other/mkdir/overlay')
    expect(planned?.transformers).toHaveLength(1)
  })

  it('mounts everything when it is temporary', () => {
    expect(plan(['tmpfs', 'bind'], true).activeCount).toBe(2)
  })

  it.each([
    { types: ['tmpfs', 'bind'], temporary: false },
    { types: ['other/overlay'], temporary: false },
    { types: [], temporary: false },
    { types: [], temporary: true },
  ])('refuses what needs no handling: $types', ({ types, temporary }) => {
    let code: Code | undefined
    try {
      plan(types, temporary)
    } catch (error) {
      code = codeOf(error)
    }
    expect(code).toBe(Code.Unimplemented)
  })
})
