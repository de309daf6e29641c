// SPDX-License-Identifier: Apache-2.0
import { hostPlatform, normalisePlatform } from './platform.ts'
import type { Platform } from './platform.ts'

/** Accepts platforms and says which is better. */
export interface PlatformMatcher {
  match(platform: Platform): boolean
  /** Negative when `a` is the better match; platforms that do not match come last. */
  compare(a: Platform, b: Platform): number
}

class RankedMatcher implements PlatformMatcher {
  readonly #accepted: readonly Platform[]

  constructor(accepted: readonly Platform[]) {
    this.#accepted = accepted.map(normalisePlatform)
  }

  match(platform: Platform): boolean {
    return this.#rank(normalisePlatform(platform)) < this.#accepted.length
  }

  compare(a: Platform, b: Platform): number {
    const left = normalisePlatform(a)
    const right = normalisePlatform(b)
    const byRank = this.#rank(left) - this.#rank(right)
    return byRank !== 0 ? byRank : (right.osFeatures?.length ?? 0) - (left.osFeatures?.length ?? 0)
  }

  #rank(platform: Platform): number {
    const index = this.#accepted.findIndex((accepted) => accepts(accepted, platform))
    return index < 0 ? this.#accepted.length : index
  }
}

function accepts(accepted: Platform, platform: Platform): boolean {
  return (
    accepted.os === platform.os &&
    accepted.architecture === platform.architecture &&
    (accepted.variant ?? '') === (platform.variant ?? '') &&
    (platform.osFeatures ?? []).every((feature) => accepted.osFeatures?.includes(feature) === true) &&
    (accepted.os !== 'windows' || windowsBuildFits(accepted.osVersion, platform.osVersion))
  )
}

/** Builds before 20348 need the same build; later hosts run every build from 20348 up to their own. */
function windowsBuildFits(host: string | undefined, image: string | undefined): boolean {
  if (host === undefined || image === undefined) return true
  const build = (version: string): number => Number(version.split('.')[2] ?? Number.NaN)
  const [ours, theirs] = [build(host), build(image)]
  if (Number.isNaN(ours) || Number.isNaN(theirs)) return false
  return ours === theirs || (ours >= 20348 && theirs >= 20348 && theirs <= ours)
}

const armFrom = (newest: number): string[] =>
  Array.from({ length: Math.max(newest - 4, 0) }, (_, i) => `v${newest - i}`)

/** The platform and what else its machine runs, best first. */
function fallbacks(platform: Platform): readonly Platform[] {
  const p = normalisePlatform(platform)
  const variant = p.variant ?? ''
  const as = (architecture: string, v: string): Platform => ({ ...p, architecture, variant: v })
  if (p.architecture === 'amd64') {
    const level = Number(/^v(\d+)$/.exec(variant)?.[1] ?? 1)
    const lower = Array.from({ length: Math.max(level - 1, 0) }, (_, i) => as('amd64', `v${level - 1 - i}`))
    return [p, ...lower, as('386', '')]
  }
  if (p.architecture === 'arm') {
    const level = Number(/^v(\d+)$/.exec(variant)?.[1] ?? 0)
    return [p, ...armFrom(level - 1).map((v) => as('arm', v))]
  }
  if (p.architecture === 'arm64') {
    const parsed = /^v([89])(?:\.(\d+))?$/.exec(variant === '' ? 'v8' : variant)
    if (parsed === null) return [p, as('arm', variant)]
    const minor = Number(parsed[2] ?? 0)
    const down = (major: number, from: number): Platform[] =>
      Array.from({ length: from + 1 }, (_, i) => as('arm64', from === i ? `v${major}` : `v${major}.${from - i}`))
    const own = parsed[1] === '9' ? [...down(9, minor), ...down(8, minor + 5)] : down(8, minor)
    return [...own, ...armFrom(8).map((v) => as('arm', v))]
  }
  return [p]
}

/** The platform itself and what its machine can run besides, best first. */
export const only = (platform: Platform): PlatformMatcher => new RankedMatcher(fallbacks(platform))

/** The platform itself, nothing else. */
export const onlyStrict = (platform: Platform): PlatformMatcher => new RankedMatcher([platform])

/** Exactly these platforms, without fall-backs; earlier ones are better. */
export const ordered = (platforms: readonly Platform[]): PlatformMatcher => new RankedMatcher(platforms)

/** Exactly these platforms, all equally good. */
export function anyOf(platforms: readonly Platform[]): PlatformMatcher {
  const exact = ordered(platforms)
  return { match: (p) => exact.match(p), compare: (a, b) => Number(exact.match(b)) - Number(exact.match(a)) }
}

/** Everything matches equally well. */
export const allPlatforms: PlatformMatcher = { match: () => true, compare: () => 0 }

/** What this machine runs. */
export const hostMatcher = (): PlatformMatcher => only(hostPlatform())
