// SPDX-License-Identifier: Apache-2.0
// Compiles every package, then puts the programs under dist/bin: `npm run build [-- containerd|ctr|shim]`.
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { mustSucceed, StepFailure } from '../lib/command.ts'
import { repoRoot } from '../lib/packages.ts'
import { prepare } from '../prepare/main.ts'
import { buildDaemon } from './daemon.ts'
import { buildExecutable } from './executable.ts'
import { binDir } from './places.ts'
import { revision, revisionVariable } from './revision.ts'

const programs: Readonly<Record<string, { app: string; build: () => Promise<void> }>> = {
  containerd: { app: 'daemon', build: buildDaemon },
  // oclif loads the compiler only for plugins written in TypeScript, which ctr has none of.
  ctr: { app: 'ctr', build: () => buildExecutable({ app: 'ctr', name: 'ctr', external: ['typescript', 'ts-node'] }) },
  shim: {
    app: 'shim-runc-v2',
    build: () => buildExecutable({ app: 'shim-runc-v2', name: 'containerd-shim-runc-v2', minifyNames: true }),
  },
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
  for (const name of ['LICENSE', 'NOTICE']) copyFileSync(join(repoRoot, name), join(binDir, '..', name))
} catch (error) {
  if (!(error instanceof StepFailure)) throw error
  console.error(error.message)
  process.exitCode = 1
}
