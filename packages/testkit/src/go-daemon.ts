// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { startProcess, type ManagedProcess } from './managed-process.ts'
import { goPeers } from './peers.ts'
import { privateMounts, type PrivateMounts } from './private-mounts.ts'
import { runCommand, type CommandResult, type RunOptions } from './run-command.ts'
import { tempRoot } from './temp-root.ts'

export interface GoDaemonRequest {
  /** Persistent directory; inside the daemon's own temporary directory when absent. */
  readonly root?: string
  /** Directory for running state; as above. */
  readonly state?: string
  /** Directories put before everything else on the daemon's PATH: where it looks for shims and for runc. */
  readonly pathFirst?: readonly string[]
  /** Lines added to its config.toml. */
  readonly config?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface GoDaemon extends AsyncDisposable {
  readonly address: string
  readonly root: string
  readonly state: string
  /** The namespace it lives in; use `enter` for a program that has to see its /run/containerd. */
  readonly mounts: PrivateMounts
  readonly pid: number
  /** Runs Go's ctr against it, inside its mount namespace. */
  ctr(...args: readonly string[]): Promise<CommandResult>
  ctrWith(options: RunOptions, ...args: readonly string[]): Promise<CommandResult>
  /** Stops the daemon and leaves its shims and containers alone. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again after `stop`, on the same directories. */
  start(): Promise<void>
  log(): string
}

/** Starts Debian's containerd in a mount namespace of its own, without CRI, on directories of its own. */
export async function startGoDaemon(request: GoDaemonRequest = {}): Promise<GoDaemon> {
  const peers = goPeers()
  await using undo = new AsyncDisposableStack()
  const temp = undo.use(await tempRoot('ctd-go-'))
  const { root = temp.join('root'), state = temp.join('state') } = request
  const address = temp.join('c.sock')
  for (const dir of [root, state]) await mkdir(dir, { recursive: true })
  const configPath = temp.join('config.toml')
  await writeFile(configPath, configToml({ root, state, address, extra: request.config ?? '' }))
  const mounts = undo.use(await privateMounts())
  const path = [...(request.pathFirst ?? []), peers.env['PATH']].join(':')
  const env = { ...peers.env, ...request.env, PATH: path }

  const ctrWith = (options: RunOptions, ...args: readonly string[]) => {
    const inside = mounts.enter(join(peers.binDir, 'ctr'), ['--address', address, ...args])
    return runCommand(inside.program, inside.args, { env, ...options })
  }
  const launch = async (): Promise<ManagedProcess> => {
    const inside = mounts.enter(join(peers.binDir, 'containerd'), ['--config', configPath])
    const daemon = await startProcess({ ...inside, env, logPath: temp.join('containerd.log') })
    await eventually('Go containerd answers', async () => {
      if (!daemon.isRunning()) throw new Error(`it ended: ${daemon.log()}`)
      return (await ctrWith({ timeoutMs: 5_000 }, 'version')).exitCode === 0
    })
    return daemon
  }
  let daemon = await launch()
  undo.defer(() => daemon.stop())
  const owned = undo.move()
  return {
    address,
    root,
    state,
    mounts,
    get pid() {
      return daemon.pid
    },
    ctr: (...args) => ctrWith({}, ...args),
    ctrWith,
    stop: (signal) => daemon.stop(signal),
    async start() {
      if (!daemon.isRunning()) daemon = await launch()
    },
    log: () => daemon.log(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function configToml(paths: { root: string; state: string; address: string; extra: string }): string {
  const disabled = ['cri', 'aufs', 'btrfs', 'devmapper', 'zfs']
  const kinds = disabled.map((id) => `"io.containerd.${id === 'cri' ? 'grpc' : 'snapshotter'}.v1.${id}"`)
  return [
    'version = 2',
    `root = "${paths.root}"`,
    `state = "${paths.state}"`,
    `disabled_plugins = [${kinds.join(', ')}, "io.containerd.internal.v1.opt"]`,
    '[grpc]',
    `  address = "${paths.address}"`,
    '[debug]',
    '  level = "debug"',
    paths.extra,
    '',
  ].join('\n')
}
