// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { foreignPlatformEntries, platformOf } from './foreign-platforms.ts'

describe('platformOf', () => {
  it.each([
    ['@nx/nx-darwin-arm64', { os: ['darwin'], cpu: ['arm64'] }],
    ['@oxfmt/binding-linux-arm-musleabihf', { os: ['linux'], cpu: ['arm'], libc: ['musl'] }],
    ['@nx/nx-linux-x64-musl', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }],
    ['@nx/nx-linux-x64-gnu', undefined],
    ['some-linux-thing', undefined],
  ])('%s', (name, platform) => {
    expect(platformOf(name)).toEqual(platform)
  })
})

describe('foreignPlatformEntries', () => {
  const wants = (version: string) => ({ version, dev: true, optionalDependencies: { 'x-darwin-arm64': version } })

  it('fills in what is named and absent, once per version', () => {
    expect(
      foreignPlatformEntries({ 'node_modules/x': wants('2.0.0'), 'node_modules/y/node_modules/x': wants('1.0.0') }),
    ).toEqual({
      'node_modules/x-darwin-arm64': { version: '2.0.0', os: ['darwin'], cpu: ['arm64'], dev: true, optional: true },
      'node_modules/y/node_modules/x/node_modules/x-darwin-arm64': {
        version: '1.0.0',
        os: ['darwin'],
        cpu: ['arm64'],
        dev: true,
        optional: true,
      },
    })
  })

  it('adds nothing where the lock file holds the package, here or further up', () => {
    const packages = {
      'node_modules/y/node_modules/x': wants('1.0.0'),
      'node_modules/x-darwin-arm64': { version: '1.0.0' },
    }
    expect(foreignPlatformEntries(packages)).toEqual({})
  })
})
