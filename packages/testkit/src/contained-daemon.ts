// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { leftoversInside } from './daemon-leftovers.ts'
import { eventually } from './eventually.ts'
import { startProcess, type ManagedProcess } from './managed-process.ts'
import { ownProgram, type ProgramForm } from './own-programs.ts'
import { goPeers } from './peers.ts'
import { privateMounts, type PrivateMounts } from './private-mounts.ts'
import { runCommand, type CommandResult, type RunOptions } from './run-command.ts'
import { tempRoot, type TempRoot } from './temp-root.ts'

/** A daemon, ours or Go's, in a mount namespace of its own on directories of its own. */
export interface TestDaemon extends AsyncDisposable {
  readonly address: string
  readonly root: string
  readonly state: string
  /** The namespace it lives in; use `enter` for a program that has to see its /run/containerd. */
  readonly mounts: PrivateMounts
  /** Environment of the daemon and of every ctr. */
  readonly env: NodeJS.ProcessEnv
  readonly pid: number
  /** Runs Go's ctr against it, inside its mount namespace. */
  ctr(...args: readonly string[]): Promise<CommandResult>
  ctrWith(options: RunOptions, ...args: readonly string[]): Promise<CommandResult>
  /** The same with our ctr. */
  ourCtr(...args: readonly string[]): Promise<CommandResult>
  ourCtrWith(options: RunOptions, ...args: readonly string[]): Promise<CommandResult>
  /** A ctr command line for programs that start it themselves: a terminal, a process to be interrupted. */
  ctrCommand(which: 'go' | 'ours', ...args: readonly string[]): { program: string; args: readonly string[] }
  /** Stops the daemon and leaves its shims and containers alone. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again after `stop`, on the same directories. */
  start(): Promise<void>
  /** `stop` with SIGKILL unless told, then `start`. */
  restart(signal?: NodeJS.Signals): Promise<void>
  log(): string
  /**
   * What containers and clients left, one line each: processes beside the daemon, mounts below its directories,
   * bundles, FIFOs, shim sockets, cgroups. Empty when all is deleted.
   */
  leftovers(): readonly string[]
}

export interface Contained {
  readonly root: string
  readonly state: string
  readonly address: string
  readonly env: NodeJS.ProcessEnv
  readonly program: string
  readonly args: readonly string[]
  /** Where our ctr comes from. */
  readonly form: ProgramForm
}

/** Starts what `prepare` describes and waits until Go's ctr gets an answer. */
export async function containDaemon(prepare: (temp: TempRoot) => Promise<Contained>): Promise<TestDaemon> {
  await using undo = new AsyncDisposableStack()
  const temp = undo.use(await tempRoot('ctd-'))
  const what = await prepare(temp)
  const { root, state, address, env } = what
  for (const dir of [root, state]) await mkdir(dir, { recursive: true })
  const mounts = undo.use(await privateMounts())
  const goCtr = join(goPeers().binDir, 'ctr')
  const ctrCommand: TestDaemon['ctrCommand'] = (which, ...args) => {
    const own = which === 'go' ? { program: goCtr, args: [] } : ownProgram('ctr', what.form)
    return mounts.enter(own.program, [...own.args, '--address', address, ...args])
  }
  const runCtr = (which: 'go' | 'ours', options: RunOptions, args: readonly string[]) => {
    const inside = ctrCommand(which, ...args)
    return runCommand(inside.program, inside.args, { env, ...options })
  }
  const launch = async (): Promise<ManagedProcess> => {
    const inside = mounts.enter(what.program, what.args)
    const daemon = await startProcess({ ...inside, env, logPath: temp.join('containerd.log') })
    await eventually(
      'containerd answers',
      async () => {
        if (!daemon.isRunning()) throw new DaemonEndedError(daemon.log())
        return (await runCtr('go', { timeoutMs: 5_000 }, ['version'])).exitCode === 0
      },
      { timeoutMs: 30_000, everyMs: 50, giveUp: (error) => error instanceof DaemonEndedError },
    )
    return daemon
  }
  let daemon = await launch()
  undo.defer(() => daemon.stop())
  const owned = undo.move()
  const start = async () => {
    if (!daemon.isRunning()) daemon = await launch()
  }
  return {
    address,
    root,
    state,
    mounts,
    env,
    get pid() {
      return daemon.pid
    },
    ctr: (...args) => runCtr('go', {}, args),
    ctrWith: (options, ...args) => runCtr('go', options, args),
    ourCtr: (...args) => runCtr('ours', {}, args),
    ourCtrWith: (options, ...args) => runCtr('ours', options, args),
    ctrCommand,
    stop: (signal) => daemon.stop(signal),
    start,
    async restart(signal = 'SIGKILL') {
      await daemon.stop(signal)
      await start()
    },
    log: () => daemon.log(),
    leftovers: () => leftoversInside({ mounts, root, state, daemonPid: daemon.pid }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

class DaemonEndedError extends Error {
  override readonly name = 'DaemonEndedError'
  constructor(log: string) {
    super(`containerd ended: ${log}`)
  }
}
