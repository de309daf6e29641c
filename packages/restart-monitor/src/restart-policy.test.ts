// SPDX-License-Identifier: Apache-2.0
import { isInvalidArgument } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { parseRestartPolicy } from './restart-policy.ts'

describe('restart policy', () => {
  it.each([
    ['', { name: 'always', maxRestarts: 0 }],
    ['always', { name: 'always', maxRestarts: 0 }],
    ['no', { name: 'no', maxRestarts: 0 }],
    ['unless-stopped', { name: 'unless-stopped', maxRestarts: 0 }],
    ['on-failure', { name: 'on-failure', maxRestarts: 0 }],
    ['on-failure:0', { name: 'on-failure', maxRestarts: 0 }],
    ['on-failure:12', { name: 'on-failure', maxRestarts: 12 }],
  ])('"%s"', (text, policy) => {
    expect(parseRestartPolicy(text)).toEqual(policy)
  })

  it.each([
    'sometimes',
    'Always',
    'always:3',
    'no:0',
    ':2',
    'unless-stopped:',
    'on-failure:',
    'on-failure:x',
    'on-failure:-1',
  ])('refuses "%s"', (text) => {
    expect(() => parseRestartPolicy(text)).toThrow(expect.toSatisfy(isInvalidArgument))
  })
})
