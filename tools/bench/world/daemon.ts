// SPDX-License-Identifier: Apache-2.0
import { connectContainerd, type ContainerdClient } from '@containerd-ts/client'
import { goPeers, privateMounts, runCommand, startProcess } from '@containerd-ts/testkit'
import type { CommandResult, ManagedProcess, PrivateMounts } from '@containerd-ts/testkit'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type CtrKind = 'ours' | 'go'

/** A daemon under measurement, in a mount namespace of its own with everything it starts. */
export interface BenchDaemon extends AsyncDisposable {
  readonly label: string
  readonly address: string
  readonly pid: number
  readonly mounts: PrivateMounts
  /** Milliseconds that a command took. @throws {Error} it failed */
  ctr(kind: CtrKind, ...args: readonly string[]): Promise<number>
  connect(): ContainerdClient
  /** SIGKILL; containers stay. */
  kill(): Promise<void>
  /** Starts it on the same directories and returns with its first answer. */
  launch(): Promise<void>
  readonly logPath: string
}

export interface DaemonRequest {
  readonly label: string
  /** Directory with `containerd` and its shim. */
  readonly binDir: string
  readonly env: NodeJS.ProcessEnv
  /** Directory for all that is its. */
  readonly dir: string
  readonly config: string
  readonly namespace: string
  /** Directory of our ctr. */
  readonly ourBinDir: string
}

const commandTimeoutMs = 300_000
const launchTimeoutMs = 30_000

export async function startDaemon(request: DaemonRequest): Promise<BenchDaemon> {
  const { label, binDir, env, dir, namespace } = request
  const peers = goPeers()
  await using undo = new AsyncDisposableStack()
  await mkdir(dir, { recursive: true })
  const [address, logPath, config] = [join(dir, 'c.sock'), join(dir, 'log'), join(dir, 'config.toml')]
  await writeFile(config, request.config)
  const mounts = undo.use(await privateMounts())
  const places = ['--config', config, '--root', join(dir, 'root'), '--state', join(dir, 'state'), '--address', address]
  const inside = mounts.enter(join(binDir, 'containerd'), [...places, '--log-level', 'info'])
  const connect = () => connectContainerd({ address, connectTimeoutMs: 5_000 })
  let daemon: ManagedProcess | undefined
  undo.defer(() => daemon?.stop())

  const launch = async () => {
    const started = await startProcess({ ...inside, env, logPath })
    daemon = started
    const deadline = performance.now() + launchTimeoutMs
    while (!(await answers(connect))) {
      if (!started.isRunning()) throw new Error(`${label} ended: ${started.log()}`)
      if (performance.now() > deadline) throw new Error(`${label} does not answer: ${started.log()}`)
      await sleep(2)
    }
  }
  await launch()
  const owned = undo.move()
  return {
    label,
    address,
    mounts,
    get pid() {
      return daemon?.pid ?? 0
    },
    async ctr(kind, ...args) {
      const [program, environment] =
        kind === 'go' ? [join(peers.binDir, 'ctr'), peers.env] : [join(request.ourBinDir, 'ctr'), process.env]
      const command = mounts.enter(program, ['--address', address, '--namespace', namespace, ...args])
      const began = performance.now()
      const result = await runCommand(command.program, command.args, { env: environment, timeoutMs: commandTimeoutMs })
      const took = performance.now() - began
      if (result.exitCode !== 0) throw new Error(`ctr ${args.join(' ')}: ${howItEnded(result)}`)
      return took
    },
    connect,
    kill: async () => daemon?.stop('SIGKILL'),
    launch,
    logPath,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function answers(connect: () => ContainerdClient): Promise<boolean> {
  await using client = connect()
  try {
    await client.introspection.version()
    return true
  } catch {
    return false // nobody listens yet
  }
}

function howItEnded({ timedOut, exitCode, signal, stderr }: CommandResult): string {
  const end = timedOut ? 'timed out' : `exit ${exitCode ?? signal}`
  return `${end}: ${stderr.trim()}`
}
