// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { allPlatforms, hostMatcher, only, ordered, parsePlatform } from '@containerd-ts/oci'
import type { PlatformMatcher } from '@containerd-ts/oci'

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
