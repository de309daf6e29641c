// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { parseCommandLine } from './flags.ts'

describe('command line of containerd', () => {
  it('takes flags with one dash or two, with = or a blank, before or after the command', () => {
    expect(parseCommandLine(['-root', '/r', '--state=/s', '-l', 'debug', 'config', 'dump', '-address=/a'])).toEqual({
      flags: { root: '/r', state: '/s', 'log-level': 'debug', address: '/a' },
      words: ['config', 'dump'],
    })
  })

  it('refuses flags it does not know', () => {
    expect(() => parseCommandLine(['--nonsense'])).toThrow('nonsense')
  })
})
