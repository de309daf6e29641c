// SPDX-License-Identifier: Apache-2.0
// Formats the repository; `--check` only reports, and leaves C++ out: releases of clang-format disagree, and no package
// of npm pins one. `npm run format` uses the machine's own where there is one.
import { execFileSync } from 'node:child_process'
import { exitOf } from '../lib/command.ts'
import { repoRoot } from '../lib/packages.ts'

const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.cc', '*.hh'], {
  cwd: repoRoot,
  encoding: 'utf8',
})
const native = listed.split('\0').filter((path) => path !== '')
const check = process.argv.includes('--check')
const status = await exitOf('node_modules/.bin/oxfmt', check ? ['--check', '.'] : ['.'])
if (status !== 0) process.exitCode = 1
if (!check && native.length > 0 && hasClangFormat()) await exitOf('clang-format', ['-i', ...native])

function hasClangFormat(): boolean {
  try {
    execFileSync('clang-format', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
