// SPDX-License-Identifier: Apache-2.0
import { interruptible } from './interruptible.ts'

/** Named figures of one repetition: `{ ms: 12 }`. */
export type Sample = Readonly<Record<string, number>>

export interface Outcome {
  readonly samples: readonly Sample[]
  /** Why it was not repeated any more. */
  readonly failure: string | undefined
}

export interface RoundsRequest {
  readonly rounds: number
  /** Rounds before those that count; one when absent. */
  readonly warmups?: number
  readonly signal: AbortSignal
  /** Progress, as `round 2 of 5`. */
  readonly say: (text: string) => void
}

/**
 * Takes one sample of each variant per round, in the order given: A B A B. A variant that fails is not tried again
 * and keeps what it had; the others go on.
 *
 * @throws the signal's reason, once it is aborted
 */
export async function takeRounds<K extends string>(
  { rounds, warmups = 1, signal, say }: RoundsRequest,
  variants: Readonly<Record<K, () => Promise<Sample>>>,
): Promise<Readonly<Record<K, Outcome>>> {
  const names = Object.keys(variants) as K[]
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, Sample[]>
  const failures: Partial<Record<K, string>> = {}
  for (let round = -warmups; round < rounds; round++) {
    say(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`)
    for (const name of names) {
      if (failures[name] !== undefined) continue
      try {
        const sample = await interruptible(signal, variants[name])
        if (round >= 0) samples[name].push(sample)
      } catch (error) {
        signal.throwIfAborted()
        failures[name] = error instanceof Error ? error.message : String(error)
        say(`${name} failed: ${failures[name]}`)
      }
    }
  }
  const outcomes = names.map((name) => [name, { samples: samples[name], failure: failures[name] }])
  return Object.fromEntries(outcomes) as Record<K, Outcome>
}
