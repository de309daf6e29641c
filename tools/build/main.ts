// SPDX-License-Identifier: Apache-2.0
// Compiles every package, then puts the programs under dist/bin: `npm run build [-- containerd|ctr|shim]`.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { mustSucceed, runScript, StepFailure } from '../lib/command.ts'
import { repoRoot } from '../lib/packages.ts'
import { prepare } from '../prepare/main.ts'
import { buildDaemon } from './daemon.ts'
import { buildExecutable } from './executable.ts'
import { revision, revisionVariable } from './revision.ts'

const programs: Readonly<Record<string, { app: string; build: () => Promise<void> }>> = {
  containerd: { app: 'daemon', build: buildDaemon },
  // oclif loads the compiler only for plugins written in TypeScript, which ctr has none of.
  ctr: { app: 'ctr', build: () => buildExecutable('ctr', 'ctr', ['typescript', 'ts-node']) },
  shim: { app: 'shim-runc-v2', build: () => runScript('packages/shim-runc-v2/scripts/build.ts') },
}

const chosen = process.argv.slice(2)
try {
  const unknown = chosen.find((name) => !(name in programs))
  if (unknown !== undefined)
    throw new StepFailure(`no program "${unknown}"; programs: ${Object.keys(programs).join(', ')}`)
  process.env[revisionVariable] ??= await revision()
  await prepare()
  if (chosen.length === 0) await mustSucceed(process.execPath, ['node_modules/@typescript/native/bin/tsc', '-b'])
  for (const [name, { app, build }] of Object.entries(programs)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue
    const entry = join('packages', app, 'src', 'main.ts')
    if (!existsSync(join(repoRoot, entry))) throw new StepFailure(`${name}: ${entry} is absent`)
    const start = performance.now()
    await build()
    console.log(`${name}: built in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  }
} catch (error) {
  if (!(error instanceof StepFailure)) throw error
  console.error(error.message)
  process.exitCode = 1
}
