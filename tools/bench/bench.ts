// SPDX-License-Identifier: Apache-2.0
// The benchmark itself; main.ts starts it. Progress goes to standard error, the table to standard output.
import { existsSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { StepFailure } from '../lib/command.ts'
import { repoRoot } from '../lib/packages.ts'
import { measures } from './measures/index.ts'
import type { Comparison, Settings } from './measures/measure.ts'
import { helpText, parseOptions, UsageError, type BenchOptions } from './options.ts'
import { describeMachine, machineText } from './report/machine.ts'
import { writeResults } from './report/results.ts'
import { table } from './report/table.ts'
import { interruptible } from './stats/interruptible.ts'
import { benchCache, resultsDir } from './world/places.ts'
import { buildPrograms, holdPrograms } from './world/programs.ts'
import { openWorld, type World } from './world/world.ts'

const interruptedStatus = 130
const names = measures.map(({ name }) => name)
const say = (text: string) => process.stderr.write(`bench: ${text}\n`)

/** Runs the benchmark and gives its exit status: 1 when something does not work, 130 when it was interrupted. */
export async function main(argv: readonly string[]): Promise<number> {
  const signal = interruptions()
  try {
    const options = parseOptions(argv, names)
    if (!options.help) return await bench(options, signal)
    process.stdout.write(helpText(names))
    return 0
  } catch (error) {
    if (signal.aborted) {
      say('interrupted; nothing is left behind')
      return interruptedStatus
    }
    if (!(error instanceof UsageError || error instanceof StepFailure)) throw error
    say(error.message)
    return 1
  }
}

/** Aborted by a signal, or by the end of the process that started us. */
function interruptions(): AbortSignal {
  const controller = new AbortController()
  const interrupt = () => controller.abort(new Error('interrupted'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  process.on('disconnect', interrupt)
  process.channel?.unref()
  return controller.signal
}

async function bench(options: BenchOptions, signal: AbortSignal): Promise<number> {
  const began = new Date()
  const machine = await describeMachine()
  if (!options.noBuild) await buildPrograms(signal)
  const comparisons = await measureAll(options, signal)
  process.stdout.write(`\n${machineText(machine)}\n\n${table(comparisons)}`)
  const failures = new Set(comparisons.flatMap((line) => line.failures))
  for (const failure of failures) process.stdout.write(`\nfailed: ${failure}\n`)
  const path = await writeResults(resultsDir, { began, machine, options, comparisons })
  process.stdout.write(`\nEvery sample: ${relative(repoRoot, path)}\n`)
  return failures.size === 0 ? 0 : 1
}

async function measureAll(options: BenchOptions, signal: AbortSignal): Promise<readonly Comparison[]> {
  await using programs = await holdPrograms()
  signal.throwIfAborted()
  await using world = await openWorld(programs.binDir, say)
  const comparisons: Comparison[] = []
  try {
    for (const measure of measures) {
      if (!options.only.includes(measure.name)) continue
      const settings = settingsOf(options, signal, measure.name)
      comparisons.push(...(await interruptible(signal, () => measure.run(world, settings))))
    }
  } catch (error) {
    if (!signal.aborted) await keepLogs(world)
    throw error
  }
  if (comparisons.some(({ failures }) => failures.length > 0)) await keepLogs(world)
  return comparisons
}

function settingsOf({ quick, repeat, containers }: BenchOptions, signal: AbortSignal, name: string): Settings {
  return {
    pairs: (normal, few = normal) => repeat ?? (quick ? few : normal),
    size: (normal, small) => (quick ? small : normal),
    containers,
    signal,
    say: (text) => say(`${name}: ${text}`),
  }
}

/** Their directories go away at the end. */
async function keepLogs({ ours, theirs }: World): Promise<void> {
  for (const [name, { logPath }] of Object.entries({ ours, theirs })) {
    const kept = join(benchCache, `${name}.log`)
    if (existsSync(logPath)) await copyFile(logPath, kept)
    say(`log of the daemon: ${relative(repoRoot, kept)}`)
  }
}
