// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Names of measures, in the order in which they run. */
  readonly only: readonly string[]
  /** Small counts: shows that everything works, the figures mean little. */
  readonly quick: boolean
  /** Pairs of every measure instead of its own number. */
  readonly repeat: number | undefined
  /** Running containers that `restart` and `memory` look at. */
  readonly containers: number
  /** Takes what lies in dist. */
  readonly noBuild: boolean
  readonly help: boolean
}

const defaultContainers = 20

/** What was typed is wrong; the message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** @throws {UsageError} unknown flag or measure, bad number */
export function parseOptions(argv: readonly string[], known: readonly string[]): BenchOptions {
  const { values } = parsed(argv)
  const only = (values.only ?? []).flatMap((list) => list.split(',')).filter((name) => name !== '')
  const unknown = only.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new UsageError(`no measure "${unknown}"; measures: ${known.join(', ')}`)
  return {
    only: only.length === 0 ? known : known.filter((name) => only.includes(name)),
    quick: values.quick ?? false,
    repeat: values.repeat === undefined ? undefined : count('repeat', values.repeat),
    containers: values.containers === undefined ? defaultContainers : count('containers', values.containers),
    noBuild: values['no-build'] ?? false,
    help: values.help ?? false,
  }
}

export const helpText = (measures: readonly string[]): string => `npm run bench [-- options]

  --only a,b        these measures only: ${measures.join(', ')}
  --quick           small counts, to see that everything works
  --repeat N        pairs of every measure
  --containers N    running containers in restart and memory (default ${defaultContainers})
  --no-build        measure what lies in dist
`

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      options: {
        only: { type: 'string', multiple: true },
        quick: { type: 'boolean' },
        repeat: { type: 'string' },
        containers: { type: 'string' },
        'no-build': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function count(flag: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`--${flag} ${text}: not a positive number`)
  return value
}
