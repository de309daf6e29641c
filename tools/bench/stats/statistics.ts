// SPDX-License-Identifier: Apache-2.0

/** The value that a share of the sorted samples does not exceed, interpolated between neighbours. NaN when empty. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  if (low === undefined || high === undefined) return Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5)

/**
 * Ratio of each pair. Both halves of a pair were taken one after the other, so what else the machine did at that time
 * weighs on both; the median of these ratios is steadier than the ratio of two medians.
 * A sample without a partner is left out.
 */
export function pairRatios(ours: readonly number[], theirs: readonly number[]): readonly number[] {
  const pairs = Math.min(ours.length, theirs.length)
  return Array.from({ length: pairs }, (_, i) => (ours[i] ?? Number.NaN) / (theirs[i] ?? Number.NaN))
}

export interface Summary {
  readonly count: number
  readonly median: number
  readonly min: number
  readonly max: number
  readonly p90: number
}

export function summarise(samples: readonly number[]): Summary {
  return {
    count: samples.length,
    median: median(samples),
    min: quantile(samples, 0),
    max: quantile(samples, 1),
    p90: quantile(samples, 0.9),
  }
}
