// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkBoundaries } from '../boundaries/main.ts'
import { checkDocs } from '../docs/main.ts'
import { mustSucceed, runScript, StepFailure } from '../lib/command.ts'
import { repoRoot, workspacePackages } from '../lib/packages.ts'
import { prepare } from '../prepare/main.ts'
import { checkSizes } from '../sizes/main.ts'

export interface Step {
  readonly name: string
  run(): Promise<void> | void
}

const compiler = 'node_modules/@typescript/native/bin/tsc'

/** What is checked before any test runs, cheapest first; nothing after `prepare` depends on the step before it. */
export const checks: readonly Step[] = [
  { name: 'prepare', run: prepare },
  { name: 'format', run: () => runScript('tools/format/main.ts', ['--check']) },
  { name: 'lint', run: () => mustSucceed('node_modules/.bin/oxlint', ['--deny-warnings']) },
  { name: 'unused', run: () => mustSucceed('node_modules/.bin/knip', ['--no-config-hints']) },
  { name: 'sizes', run: checkSizes },
  { name: 'references', run: () => runScript('tools/references/main.ts', ['--check']) },
  { name: 'types', run: checkTypes },
  { name: 'boundaries', run: checkBoundaries },
  { name: 'docs', run: checkDocs },
  { name: 'build', run: () => runScript('tools/build/main.ts') },
  { name: 'start', run: runStart },
]

export const projects = ['unit', 'contract', 'root', 'interop'] as const
export type Project = (typeof projects)[number]

/** Why a project cannot run here, or undefined. */
export function obstacle(project: Project): string | undefined {
  if (project !== 'root' && project !== 'interop') return undefined
  if (process.getuid?.() !== 0) return 'needs root'
  const peers = join(repoRoot, '.cache', 'peers', 'packages.txt')
  if (project === 'interop' && !existsSync(peers)) return 'needs the Go peers in .cache/peers'
  return undefined
}

/** What `npm start` does. */
async function runStart(): Promise<void> {
  const reason = obstacle('interop')
  if (reason === undefined) await runScript('tools/start/main.ts')
  else console.log(`the main job is not run: ${reason}`)
}

async function checkTypes(): Promise<void> {
  const version = execFileSync(process.execPath, [compiler, '--version'], { cwd: repoRoot, encoding: 'utf8' })
  if (!version.startsWith('Version 7.')) throw new StepFailure(`the compiler is ${version.trim()}, not TypeScript 7`)
  const tests = workspacePackages().map(({ id }) => `packages/${id}/tsconfig.test.json`)
  await mustSucceed(process.execPath, [
    compiler,
    '-b',
    'tsconfig.json',
    'tools/tsconfig.json',
    'docs/examples/tsconfig.json',
    ...tests,
  ])
}
