// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { repoRoot } from './packages.ts'

/** Runs a program in the repository with our streams, or `throws` when it ends with anything but 0. */
export async function mustSucceed(program: string, args: readonly string[]): Promise<void> {
  const status = await exitOf(program, args)
  if (status !== 0) throw new StepFailure(`${program} ${args.join(' ')}: exit ${status}`)
}

/** Exit status of a program; 128 plus the signal's number when one ended it. */
export async function exitOf(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<number | string> {
  const child = spawn(program, args, { cwd: repoRoot, stdio: 'inherit', env: { ...process.env, ...env } })
  const { promise, resolve, reject } = Promise.withResolvers<number | string>()
  child.on('error', reject)
  child.on('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  return await promise
}

/** Our node with the condition under which packages resolve to their sources. */
export const runScript = (script: string, args: readonly string[] = []): Promise<void> =>
  mustSucceed(process.execPath, ['--conditions=@containerd-ts/source', script, ...args])

/** A step found what it looks for; the message says it all and no stack is printed. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure'
}
