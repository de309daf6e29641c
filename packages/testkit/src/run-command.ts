// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'

export interface RunOptions {
  readonly cwd?: string
  /** Replaces the environment; ours is inherited when absent. */
  readonly env?: NodeJS.ProcessEnv
  /** Written to standard input, which is then closed; an empty input when absent. */
  readonly input?: string | Uint8Array
  /** The whole process group is killed after this; 60 s when absent. */
  readonly timeoutMs?: number
}

export interface CommandResult {
  readonly command: string
  /** Exit status; 128 plus the signal's number is not used: see `signal`. */
  readonly exitCode: number | undefined
  readonly signal: NodeJS.Signals | undefined
  readonly timedOut: boolean
  readonly stdout: string
  readonly stderr: string
  readonly stdoutBytes: Buffer
}

/** Runs a program to its end and gives what it said, whatever its exit status. */
export async function runCommand(
  program: string,
  args: readonly string[] = [],
  { cwd, env = process.env, input = '', timeoutMs = 60_000 }: RunOptions = {},
): Promise<CommandResult> {
  // A group of its own, so that the timeout also reaches what the program started.
  const child = spawn(program, args, { cwd, env, detached: true })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // A program that ends before it has read everything is not an error of the test.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const { promise: closed, resolve, reject } = Promise.withResolvers<[number | null, NodeJS.Signals | null]>()
  child.on('error', reject)
  child.on('close', (code, signal) => resolve([code, signal]))
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    killGroup(child.pid)
  }, timeoutMs)
  try {
    const [code, signal] = await closed
    const stdoutBytes = Buffer.concat(out)
    return {
      command: [program, ...args].join(' '),
      exitCode: code ?? undefined,
      signal: signal ?? undefined,
      timedOut,
      stdout: stdoutBytes.toString(),
      stderr: Buffer.concat(err).toString(),
      stdoutBytes,
    }
  } finally {
    clearTimeout(timer)
  }
}

/** As runCommand, but an exit status other than 0 throws with all that the program said. */
export async function mustRun(
  program: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<CommandResult> {
  const result = await runCommand(program, args, options)
  if (result.exitCode !== 0) throw new Error(describeResult(result))
  return result
}

export function describeResult(result: CommandResult): string {
  const end = result.timedOut ? 'timed out' : `exit ${result.exitCode ?? result.signal}`
  return `${result.command}: ${end}\nstdout: ${result.stdout}\nstderr: ${result.stderr}`
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
