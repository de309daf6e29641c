// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ManagedProcess extends AsyncDisposable {
  readonly pid: number
  /** Settles when it has ended and been waited for. */
  readonly ended: Promise<void>
  isRunning(): boolean
  /** Undefined while it runs and when a signal ended it. */
  exitCode(): number | undefined
  /** Sends the signal and waits for the end; SIGKILL follows after `graceMs` (5 s when absent). */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<void>
  /** All it wrote so far. */
  log(): string
}

export interface ManagedRequest {
  readonly program: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Receives standard output and standard error; appended to. */
  readonly logPath: string
}

/** Starts a long-running program of the test. Disposal stops it. */
export async function startProcess({
  program,
  args,
  env = process.env,
  cwd,
  logPath,
}: ManagedRequest): Promise<ManagedProcess> {
  const logFd = openSync(logPath, 'a')
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', logFd, logFd] })
  closeSync(logFd)
  const { promise: spawned, resolve, reject } = Promise.withResolvers<void>()
  const { promise: ended, resolve: markEnded } = Promise.withResolvers<void>()
  child.on('spawn', resolve)
  child.on('error', reject)
  child.on('exit', () => markEnded())
  await spawned
  const isRunning = () => child.exitCode === null && child.signalCode === null
  const stop = async (signal: NodeJS.Signals = 'SIGTERM', graceMs = 5_000) => {
    if (!isRunning()) return
    child.kill(signal)
    await Promise.race([ended, sleep(graceMs, undefined, { ref: false })])
    if (isRunning()) child.kill('SIGKILL')
    await ended
  }
  return {
    pid: child.pid ?? 0,
    ended,
    isRunning,
    exitCode: () => child.exitCode ?? undefined,
    stop,
    log: () => readFileSync(logPath, 'utf8'),
    [Symbol.asyncDispose]: () => stop(),
  }
}
