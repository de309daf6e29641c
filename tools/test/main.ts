// SPDX-License-Identifier: Apache-2.0
/**
 * Everything that has to hold, in order: checks, build, tests, leaks.
 *
 *   npm test                                   all of it
 *   npm test -- --only lint,types              these steps
 *   npm test -- --only unit packages/content   a vitest project with vitest's own filters
 */
import { parseArgs } from 'node:util'
import { StepFailure } from '../lib/command.ts'
import { checkMatrix } from '../matrix/main.ts'
import { checkLeaks, machineState } from './leaks.ts'
import { checks, obstacle, projects, type Step } from './steps.ts'
import { runVitest, sum, type Tally } from './vitest.ts'

const { values, positionals: filters } = parseArgs({
  options: { only: { type: 'string', multiple: true } },
  allowPositionals: true,
})
const tallies: Tally[] = []
const failed: string[] = []
const durations: string[] = []

const before = machineState()
const steps: readonly Step[] = [
  ...checks,
  ...projects.map((name): Step => ({ name, run: () => runProject(name) })),
  { name: 'matrix', run: runMatrix },
  { name: 'leaks', run: () => checkLeaks(before) },
]
const only = values.only?.flatMap((names) => names.split(','))
const unknown = only?.find((name) => !steps.some((step) => step.name === name))
if (unknown === undefined) await runAll(steps.filter(({ name }) => only?.includes(name) ?? true))
else {
  console.error(`no step "${unknown}"; steps: ${steps.map(({ name }) => name).join(', ')}`)
  process.exitCode = 1
}

async function runAll(wanted: readonly Step[]): Promise<void> {
  for (const step of wanted) {
    const ok = await runStep(step)
    // Without generated code and the addon every later step would fail for the same reason.
    if (!ok && step.name === 'prepare') break
  }
  report(wanted)
}

async function runStep({ name, run }: Step): Promise<boolean> {
  console.log(`\n=== ${name}`)
  const start = performance.now()
  try {
    await run()
    return true
  } catch (error) {
    console.error(error instanceof StepFailure ? error.message : error)
    failed.push(name)
    return false
  } finally {
    durations.push(
      `${name} ${((performance.now() - start) / 1000).toFixed(1)} s${failed.includes(name) ? ' FAILED' : ''}`,
    )
  }
}

async function runProject(project: (typeof projects)[number]): Promise<void> {
  const reason = obstacle(project)
  if (reason !== undefined) {
    console.log(`${project} tests are not run: ${reason}`)
    return
  }
  const tally = await runVitest(project, filters)
  tallies.push(tally)
  if (tally.failed > 0) throw new StepFailure(`${project}: ${tally.failed} failed`)
}

/** Every client with each daemon over each shim; a run of chosen files proves nothing of the others. */
function runMatrix(): void {
  const reason = filters.length > 0 ? 'only chosen files ran' : obstacle('interop')
  if (reason === undefined) checkMatrix()
  else console.log(`the matrix is not checked: ${reason}`)
}

function report(wanted: readonly Step[]): void {
  const total = sum(tallies)
  const wantsTests = wanted.some(({ name }) => (projects as readonly string[]).includes(name))
  if (wantsTests && total.passed + total.failed === 0) failed.push('no test ran')
  console.log(`\n${durations.join('\n')}`)
  if (failed.length > 0) console.log(`\nfailed: ${failed.join(', ')}`)
  for (const name of total.unstable) console.log(`\nUNSTABLE, passed only when run again: ${name}`)
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
  if (failed.length > 0) process.exitCode = 1
}
