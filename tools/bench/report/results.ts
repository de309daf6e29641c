// SPDX-License-Identifier: Apache-2.0
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ratioOf, type Comparison } from '../measures/measure.ts'
import type { BenchOptions } from '../options.ts'
import { summarise } from '../stats/statistics.ts'
import type { Machine } from './machine.ts'

export interface Results {
  readonly began: Date
  readonly machine: Machine
  readonly options: BenchOptions
  readonly comparisons: readonly Comparison[]
}

/** Writes `latest.json`: every sample, and what the table says of them. Gives its path. */
export async function writeResults(dir: string, { began, machine, options, comparisons }: Results): Promise<string> {
  await mkdir(dir, { recursive: true })
  const document = {
    began: began.toISOString(),
    ended: new Date().toISOString(),
    machine,
    quick: options.quick,
    comparisons: comparisons.map((line) => ({
      ...line,
      ratio: ratioOf(line),
      summary: { ours: summarise(line.ours), theirs: summarise(line.theirs) },
    })),
  }
  const path = join(dir, 'latest.json')
  await writeFile(`${path}.${process.pid}`, `${JSON.stringify(document, undefined, 2)}\n`)
  await rename(`${path}.${process.pid}`, path)
  return path
}
