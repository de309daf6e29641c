// SPDX-License-Identifier: Apache-2.0
// Formats what git knows or would add; `--check` only reports.
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
// clang-format is no package of npm: the machine's own is used where there is one.
if (native.length > 0 && hasClangFormat()) {
  if ((await exitOf('clang-format', [...(check ? ['--dry-run', '-Werror'] : ['-i']), ...native])) !== 0)
    process.exitCode = 1
}

function hasClangFormat(): boolean {
  try {
    execFileSync('clang-format', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
