// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { removeCgroups } from './cgroups.ts'
import type { TestDaemon } from './contained-daemon.ts'
import { eventually } from './eventually.ts'
import { gate, type Gate } from './gates.ts'
import { startProcess, type ManagedProcess } from './managed-process.ts'
import { mountTable } from './mount-table.ts'
import { findPeers, goPeers } from './peers.ts'
import { runCommand, type CommandResult, type RunOptions } from './run-command.ts'
import { tempRoot } from './temp-root.ts'

/** Docker's engine on a containerd under test, without networks, on directories of its own. */
export interface DockerDaemon extends AsyncDisposable {
  readonly pid: number
  /** Environment in which `docker` finds this engine. */
  readonly env: NodeJS.ProcessEnv
  /** Runs Docker's command line against it. */
  docker(...args: readonly string[]): Promise<CommandResult>
  dockerWith(options: RunOptions, ...args: readonly string[]): Promise<CommandResult>
  stop(signal?: NodeJS.Signals): Promise<void>
  log(): string
}

const prefixOf = () => dirname(dirname(goPeers().binDir))

export function hasDocker(): Gate {
  const peers = findPeers()
  const open = peers !== undefined && existsSync(join(dirname(peers.binDir), 'sbin', 'dockerd'))
  return gate(open, 'needs dockerd in .cache/peers, which npm test fetches when run as root')
}

/**
 * Starts Debian's dockerd in the mount namespace of `containerd`, where both see the root file systems that Docker
 * mounts. Its containers get cgroups below one of the engine's own, named after the test process and this engine.
 */
export async function startDockerd(containerd: TestDaemon): Promise<DockerDaemon> {
  await using undo = new AsyncDisposableStack()
  const temp = undo.use(await tempRoot('ctd-dk-'))
  const prefix = prefixOf()
  const cgroup = `/ctd-docker-${temp.path.slice(-6)}`
  const address = `unix://${temp.join('docker.sock')}`
  const { env: outer } = containerd
  const env = {
    ...outer,
    PATH: [join(prefix, 'usr', 'bin'), join(prefix, 'usr', 'sbin'), outer['PATH']].join(':'),
    LD_LIBRARY_PATH: [outer['LD_LIBRARY_PATH'], join(prefix, 'lib', 'x86_64-linux-gnu')].join(':'),
    DOCKER_HOST: address,
    DOCKER_CONFIG: temp.join('client'),
  }
  await writeFile(temp.join('daemon.json'), '{}')
  for (const dir of ['upper', 'work', 'run']) await mkdir(temp.join(dir))
  undo.defer(() => removeCgroups(controllers().map((dir) => join(dir, cgroup))))
  const files = { 'config-file': 'daemon.json', 'data-root': 'data', 'exec-root': 'exec', pidfile: 'pid' }
  const flags = [
    ...Object.entries(files).map(([flag, name]) => `--${flag}=${temp.join(name)}`),
    `--containerd=${containerd.address}`,
    `--host=${address}`,
    `--cgroup-parent=${cgroup}`,
    ...['bridge=none', 'iptables=false', 'ip6tables=false', 'ip-forward=false', 'ip-masq=false'].map((o) => `--${o}`),
    '--storage-driver=overlay2',
    '--debug',
  ]
  const inside = containerd.mounts.enter('sh', ['-c', hideHost, 'sh', temp.path, 'dockerd', ...flags])
  const engine: ManagedProcess = await startProcess({ ...inside, env, logPath: temp.join('dockerd.log') })
  undo.defer(() => engine.stop('SIGTERM', 15_000))
  const dockerWith = (options: RunOptions, ...args: readonly string[]) =>
    runCommand(join(prefix, 'usr', 'bin', 'docker'), args, { env, ...options })
  const ended = (log: string) => new Error(`dockerd ended: ${log}`)
  await eventually(
    'dockerd answers',
    async () => engine.isRunning() && (await dockerWith({ timeoutMs: 5_000 }, 'version')).exitCode === 0,
    { timeoutMs: 30_000, everyMs: 100 },
  ).catch((error: unknown) => {
    throw engine.isRunning() ? error : ended(engine.log())
  })
  const owned = undo.move()
  return {
    pid: engine.pid,
    env,
    docker: (...args) => dockerWith({}, ...args),
    dockerWith,
    stop: (signal) => engine.stop(signal, 15_000),
    log: () => engine.log(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/**
 * dockerd writes to /etc/docker and /run/docker whatever its flags say. Inside its mount namespace both are put over:
 * /etc with an overlay, /run with an empty file system that keeps the namespace's own /run/containerd.
 */
const hideHost = [
  'dir=$1; shift',
  'mount -t overlay -o lowerdir=/etc,upperdir=$dir/upper,workdir=$dir/work overlay /etc',
  'mount --bind /run/containerd $dir/run',
  'mount -t tmpfs tmpfs /run',
  'mkdir /run/containerd',
  'mount --move $dir/run /run/containerd',
  'exec "$@"',
].join(' && ')

const controllers = (): readonly string[] =>
  mountTable()
    .filter(({ type }) => type === 'cgroup' || type === 'cgroup2')
    .map(({ path }) => path)
