// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { repoRoot } from '../lib/packages.ts'

/** Variable that tells every program's build which revision it is; set it where git cannot. */
export const revisionVariable = 'CONTAINERD_TS_REVISION'

/** The commit that is built, `.m` behind it where tracked files differ from it; empty outside of git. */
export async function revision(): Promise<string> {
  const head = await git('rev-parse', '--verify', 'HEAD')
  if (head === undefined) return ''
  const changes = await git('status', '--porcelain', '--untracked-files=no')
  return changes === '' ? head : `${head}.m`
}

/** What git prints; undefined where it fails or is absent. */
async function git(...args: readonly string[]): Promise<string | undefined> {
  return await promisify(execFile)('git', args, { cwd: repoRoot }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  )
}
