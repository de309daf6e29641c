// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { allPlatforms, hostMatcher, hostPlatform, only, ordered, parsePlatform } from '@containerd-ts/oci'
import type { Platform, PlatformMatcher } from '@containerd-ts/oci'

/** Which platforms of an image are meant. */
export const platformFlags = {
  platform: Flags.string({
    summary: 'platform, such as linux/arm64; may repeat',
    multiple: true,
    multipleNonGreedy: true,
  }),
  'all-platforms': Flags.boolean({ summary: 'all platforms of the image' }),
}

export interface PlatformFlags {
  readonly platform: readonly string[] | undefined
  readonly 'all-platforms': boolean
}

/** The platforms meant, the host's where none is named; empty for all. @throws {InvalidArgumentError} as `matcherOf` */
export function platformsOf({ platform = [], 'all-platforms': all }: PlatformFlags): readonly Platform[] {
  if (all && platform.length > 0) throw new InvalidArgumentError('--all-platforms and --platform exclude each other')
  if (all) return []
  return platform.length === 0 ? [hostPlatform()] : platform.map(parsePlatform)
}

/** @throws {InvalidArgumentError} both flags, or a platform that is none */
export function matcherOf({ platform, 'all-platforms': all }: PlatformFlags): PlatformMatcher {
  if (all && platform !== undefined) throw new InvalidArgumentError('--all-platforms and --platform exclude each other')
  if (all) return allPlatforms
  if (platform === undefined || platform.length === 0) return hostMatcher()
  const [first] = platform
  return platform.length === 1 && first !== undefined
    ? only(parsePlatform(first))
    : ordered(platform.map(parsePlatform))
}
