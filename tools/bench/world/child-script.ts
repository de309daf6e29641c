// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { StepFailure } from '../../lib/command.ts'
import { repoRoot } from '../../lib/packages.ts'

/**
 * Runs a script of ours on our Node until it has ended; an abort ends it. What it prints is progress and goes to
 * standard error.
 * @throws {StepFailure} it failed
 */
export async function childScript(script: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    cwd: repoRoot,
    stdio: ['ignore', process.stderr, process.stderr],
    signal,
  })
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | string>()
  child.on('error', (error) => {
    // After an abort the end is still to come.
    if (child.pid === undefined) reject(error)
  })
  child.on('exit', (code, endedBy) => resolve(code ?? endedBy ?? 'unknown'))
  const status = await ended
  signal.throwIfAborted()
  if (status !== 0) throw new StepFailure(`${script}: exit ${status}`)
}
