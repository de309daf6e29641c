// SPDX-License-Identifier: Apache-2.0
import { median, pairRatios } from '../stats/statistics.ts'
import type { Outcome } from '../stats/rounds.ts'
import type { World } from '../world/world.ts'

export interface Settings {
  /** Pairs to take: what was asked for, else `normal`, else `quick` in a quick run. */
  pairs(normal: number, quick?: number): number
  /** A count inside one sample, by the same rule. */
  size(normal: number, quick: number): number
  readonly containers: number
  readonly signal: AbortSignal
  /** Progress of this measure. */
  readonly say: (text: string) => void
}

/** One subject of the benchmark. */
export interface Measure {
  /** What `--only` takes. */
  readonly name: string
  run(world: World, settings: Settings): Promise<readonly Comparison[]>
}

/** One line of the table. */
export interface Comparison {
  /** Stable: `run.go-ctr`. */
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly better: 'lower' | 'higher'
  /** In the order taken: the n-th of both make a pair. */
  readonly ours: readonly number[]
  readonly theirs: readonly number[]
  readonly failures: readonly string[]
}

export interface ComparisonRequest extends Pick<Comparison, 'id' | 'title' | 'unit' | 'better'> {
  /** Which figure of the samples. */
  readonly of: string
}

export function compare({ of, ...line }: ComparisonRequest, ours: Outcome, theirs: Outcome): Comparison {
  const figures = ({ samples }: Outcome) => samples.map((sample) => sample[of] ?? Number.NaN)
  const failures = [
    ...(ours.failure === undefined ? [] : [`ours: ${ours.failure}`]),
    ...(theirs.failure === undefined ? [] : [`theirs: ${theirs.failure}`]),
  ]
  return { ...line, ours: figures(ours), theirs: figures(theirs), failures }
}

export const ratioOf = ({ ours, theirs }: Comparison): number => median(pairRatios(ours, theirs))
