// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { parseChallenges } from './challenge.ts'

describe('challenges', () => {
  it('are told apart within one header, the preferred first', () => {
    const header = 'Basic realm="old world", Bearer realm="https://t/x?a=b",service=reg,scope="repository:a:pull,push"'
    expect(parseChallenges([header])).toEqual([
      { scheme: 'bearer', parameters: { realm: 'https://t/x?a=b', service: 'reg', scope: 'repository:a:pull,push' } },
      { scheme: 'basic', parameters: { realm: 'old world' } },
    ])
  })

  it('keep escaped quotes and drop what is malformed', () => {
    expect(parseChallenges(['Bearer realm="a\\"b"'])[0]?.parameters).toEqual({ realm: 'a"b' })
    expect(parseChallenges(['realm="x"', ''])).toEqual([])
    expect(parseChallenges(['Bearer realm="open'])).toMatchObject([{ scheme: 'bearer' }])
  })
})
