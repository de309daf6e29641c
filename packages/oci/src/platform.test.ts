// SPDX-License-Identifier: Apache-2.0
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import {
  armVariantOf,
  formatPlatform,
  formatPlatformAll,
  hostPlatform,
  normalisePlatform,
  parsePlatform,
} from './platform.ts'
import type { Platform } from './platform.ts'
import { allPlatforms, anyOf, only, onlyStrict, ordered } from './platform-matcher.ts'

const p = (text: string): Platform => {
  const [os = '', architecture = '', variant] = text.split('/')
  return { os, architecture, ...(variant === undefined ? {} : { variant }) }
}

describe('platforms', () => {
  it.each([
    ['linux/i386/x', 'linux/386'],
    ['macOS/x86_64', 'darwin/amd64'],
    ['linux/x86-64/v1', 'linux/amd64'],
    ['linux/amd64/V3', 'linux/amd64/v3'],
    ['linux/aarch64/8', 'linux/arm64'],
    ['linux/arm64/v9.0', 'linux/arm64/v9'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/5', 'linux/arm/v5'],
    ['Linux/riscv64', 'linux/riscv64'],
  ])('%s is normalised to %s', (from, to) => expect(formatPlatform(normalisePlatform(p(from)))).toBe(to))

  it.each([
    ['linux/amd64', { os: 'linux', architecture: 'amd64' }],
    ['linux/arm', { os: 'linux', architecture: 'arm' }],
    ['linux/arm/v7', { os: 'linux', architecture: 'arm', variant: 'v7' }],
    ['linux/arm64/v8', { os: 'linux', architecture: 'arm64', variant: 'v8' }],
    ['linux/arm64', { os: 'linux', architecture: 'arm64' }],
    ['s390x', { os: 'linux', architecture: 's390x' }],
    [
      'windows(10.0.17763+win32k)/amd64',
      { os: 'windows', architecture: 'amd64', osVersion: '10.0.17763', osFeatures: ['win32k'] },
    ],
    ['linux(a%2Bb)/386', { os: 'linux', architecture: '386', osVersion: 'a+b' }],
  ])('%s is parsed', (text, platform) => expect(parsePlatform(text)).toEqual(platform))

  it('one component may be an operating system or an architecture', () => {
    expect(parsePlatform('darwin')).toMatchObject({ os: 'darwin', architecture: hostPlatform().architecture })
    for (const bad of ['', '*', 'nope', 'linux/*', 'a/b/c/d', 'linux/', 'linux(x/amd64', 'linux(%zz)/386']) {
      expect(() => parsePlatform(bad)).toThrow(expect.objectContaining({ code: Code.InvalidArgument }))
    }
  })

  it('are written back', () => {
    expect(formatPlatform({ os: '', architecture: 'x' })).toBe('unknown')
    const full = { os: 'windows', architecture: 'amd64', osVersion: '10.0', osFeatures: ['a+b'] }
    expect(formatPlatformAll(full)).toBe('windows(10.0+a%2Bb)/amd64')
    expect(parsePlatform(formatPlatformAll(full))).toEqual(full)
  })

  it('read the variant of an ARM processor', () => {
    expect(armVariantOf('model name\t: ARMv6-compatible processor\nCPU architecture: 7\n')).toBe('v6')
    expect(armVariantOf('CPU architecture: 7\n')).toBe('v7')
    expect(armVariantOf('CPU architecture: 8\n')).toBe('v8')
    expect(armVariantOf('vendor_id: x\n')).toBe('')
  })
})

describe('matchers', () => {
  const best = (matcher: ReturnType<typeof only>, list: string): string =>
    list
      .split(' ')
      .map(p)
      .filter((x) => matcher.match(x))
      .toSorted((a, b) => matcher.compare(a, b))
      .map(formatPlatform)
      .join(' ')

  it('only takes what the machine can run besides, best first', () => {
    expect(
      best(only(p('linux/amd64/v3')), 'linux/386 linux/amd64 linux/amd64/v4 linux/amd64/v2 linux/amd64/v3 linux/arm64'),
    ).toBe('linux/amd64/v3 linux/amd64/v2 linux/amd64 linux/386')
    expect(best(only(p('linux/arm/v7')), 'linux/arm/v5 linux/arm/v8 linux/arm/v6 linux/arm/v7')).toBe(
      'linux/arm/v7 linux/arm/v6 linux/arm/v5',
    )
    expect(best(only(p('linux/arm64')), 'linux/arm/v5 linux/arm64 linux/arm/v8 linux/amd64')).toBe(
      'linux/arm64 linux/arm/v8 linux/arm/v5',
    )
    expect(
      best(
        only(p('linux/arm64/v9.1')),
        'linux/arm64 linux/arm64/v8.6 linux/arm64/v8.7 linux/arm64/v9 linux/arm64/v9.1',
      ),
    ).toBe('linux/arm64/v9.1 linux/arm64/v9 linux/arm64/v8.6 linux/arm64')
  })

  it('strict, ordered and any take nothing else; ordered keeps the order given', () => {
    expect(onlyStrict(p('linux/amd64')).match(p('linux/386'))).toBe(false)
    const two = [p('linux/s390x'), p('linux/amd64')]
    expect(best(ordered(two), 'linux/386 linux/amd64 linux/s390x')).toBe('linux/s390x linux/amd64')
    expect(best(anyOf(two), 'linux/386 linux/amd64 linux/s390x')).toBe('linux/amd64 linux/s390x')
    expect(allPlatforms.match(p('a/b'))).toBe(true)
  })

  it('features of an image must be known; of equal images the one with more wins', () => {
    const plain = p('linux/amd64')
    const featured = { ...plain, osFeatures: ['f'] }
    expect(only(plain).match(featured)).toBe(false)
    const matcher = only(featured)
    expect([plain, featured].toSorted((a, b) => matcher.compare(a, b))[0]).toBe(featured)
  })

  it('Windows images need a fitting build', () => {
    const windows = (osVersion: string) => ({ os: 'windows', architecture: 'amd64', osVersion })
    expect(only(windows('10.0.17763.1')).match(windows('10.0.17763.9'))).toBe(true)
    expect(only(windows('10.0.17763')).match(windows('10.0.14393'))).toBe(false)
    expect(only(windows('10.0.22000')).match(windows('10.0.20348'))).toBe(true)
    expect(only(windows('10.0.20348')).match(windows('10.0.22000'))).toBe(false)
  })
})
