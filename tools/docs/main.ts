// SPDX-License-Identifier: Apache-2.0
// Every package has a README whose examples compile; the first one runs, unless it is marked no-run.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustSucceed, runScript, StepFailure } from '../lib/command.ts'
import { repoRoot, workspacePackages } from '../lib/packages.ts'
import { examples } from './extract.ts'

export async function checkDocs(): Promise<void> {
  const outDir = join(repoRoot, '.cache', 'docs')
  rmSync(outDir, { recursive: true, force: true })
  mkdirSync(outDir, { recursive: true })
  const failures: string[] = []
  const runnable: { id: string; script: string }[] = []
  for (const pkg of workspacePackages()) {
    const readme = join(pkg.dir, 'README.md')
    if (!existsSync(readme)) {
      failures.push(`packages/${pkg.id}: no README.md`)
      continue
    }
    const found = examples(readFileSync(readme, 'utf8'))
    const isApp = pkg.manifest.nx?.tags?.includes('layer:app') ?? false
    if (found.length === 0 && !isApp) failures.push(`packages/${pkg.id}/README.md: no \`\`\`ts example`)
    for (const [at, example] of found.entries()) {
      const script = join(outDir, `${pkg.id}-${at + 1}.ts`)
      // Without an import or export the file would be a script, in which top-level await is an error.
      writeFileSync(script, `${example.code}\nexport {}\n`)
      if (at === 0 && example.runs) runnable.push({ id: pkg.id, script })
    }
  }
  writeFileSync(join(outDir, 'tsconfig.json'), JSON.stringify(compilerConfig))
  await collect(failures, 'examples of the READMEs', () =>
    mustSucceed(process.execPath, [compiler, '-p', join(outDir, 'tsconfig.json')]),
  )
  for (const { id, script } of runnable) {
    await collect(failures, `packages/${id}/README.md: first example`, () => runScript(script))
  }
  console.log(`${runnable.length} examples ran`)
  if (failures.length > 0) throw new StepFailure(failures.join('\n'))
}

const compiler = 'node_modules/@typescript/native/bin/tsc'
const compilerConfig = {
  extends: '../../tsconfig.base.json',
  compilerOptions: { noEmit: true, composite: false, declaration: false, declarationMap: false },
  include: ['*.ts'],
}

async function collect(failures: string[], what: string, check: () => Promise<void>): Promise<void> {
  try {
    await check()
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error
    failures.push(`${what}: ${error.message}`)
  }
}
