// SPDX-License-Identifier: Apache-2.0
// Keeps the project references of TypeScript in step with the dependencies of each package.json.
// `--check` changes nothing and fails when a file is out of step.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { mustSucceed } from '../lib/command.ts'
import { repoRoot, workspacePackages } from '../lib/packages.ts'
import { editorConfig, libConfig, rootConfig, testConfig, type TsConfig } from './plan.ts'

const check = process.argv.includes('--check')
const stale: string[] = []

function keep(path: string, plan: (current: TsConfig | undefined) => TsConfig): void {
  const current = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as TsConfig) : undefined
  const wanted = plan(current)
  if (JSON.stringify(current) === JSON.stringify(wanted)) return
  stale.push(relative(repoRoot, path))
  if (!check) writeFileSync(path, `${JSON.stringify(wanted, undefined, 2)}\n`)
}

const packages = workspacePackages()
for (const pkg of packages) {
  keep(join(pkg.dir, 'tsconfig.lib.json'), (current) => libConfig(pkg, current))
  keep(join(pkg.dir, 'tsconfig.json'), editorConfig)
  keep(join(pkg.dir, 'tsconfig.test.json'), () => testConfig(pkg))
}
keep(join(repoRoot, 'tsconfig.json'), () => rootConfig(packages))

if (!check && stale.length > 0) await mustSucceed('node_modules/.bin/oxfmt', stale)

for (const path of stale) console.log(check ? `${path}: out of step with package.json` : `${path}: written`)
if (check && stale.length > 0) {
  console.log('bring them back in step: node --conditions=@containerd-ts/source tools/references/main.ts')
  process.exitCode = 1
}
