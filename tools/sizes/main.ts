// SPDX-License-Identifier: Apache-2.0
// Ceilings for hand-written source: a file beyond them holds more than one concept. Tests are exempt.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { StepFailure } from '../lib/command.ts'
import { repoRoot } from '../lib/packages.ts'

const ceilings: Readonly<Record<string, number>> = { '.ts': 400, '.mjs': 400, '.cc': 300, '.hh': 300, '.h': 300 }

export function checkSizes(): void {
  const tooLong: string[] = []
  for (const path of sourceFiles()) {
    const ceiling = ceilings[extname(path)]
    if (ceiling === undefined) continue
    const lines = readFileSync(join(repoRoot, path), 'utf8').trimEnd().split('\n')
    if (lines.length > ceiling) tooLong.push(`${path}: ${lines.length} lines, ceiling ${ceiling}`)
    if (!lines.slice(0, 2).some((line) => line.includes('SPDX-License-Identifier: Apache-2.0'))) {
      tooLong.push(`${path}: no SPDX line at its head`)
    }
  }
  if (tooLong.length > 0) throw new StepFailure(tooLong.join('\n'))
}

function sourceFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repoRoot,
    encoding: 'utf8',
  })
  const isTest = (path: string) => path.endsWith('.test.ts') || /^packages\/[^/]+\/test\//.test(path)
  return listed.split('\0').filter((path) => path !== '' && !isTest(path) && existsSync(join(repoRoot, path)))
}
