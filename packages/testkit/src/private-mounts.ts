// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cgroupsOf, removeCgroups } from './cgroups.ts'
import { eventually } from './eventually.ts'
import { startProcess } from './managed-process.ts'
import { mountTable } from './mount-table.ts'
import { processes, withDescendants } from './processes.ts'

/** A mount namespace of the test's own, in which /run/containerd and /opt/containerd are empty and nobody else's. */
export interface PrivateMounts extends AsyncDisposable {
  /** A process that does nothing and keeps the namespace; its mounts are in /proc/PID/mountinfo. */
  readonly pid: number
  /** Turns a command into one that runs inside. */
  enter(program: string, args: readonly string[]): { program: string; args: readonly string[] }
}

const prepare = [
  'mount --make-rprivate /',
  'mkdir -p /run/containerd /opt/containerd',
  'mount -t tmpfs -o mode=711 containerd-ts-test-opt /opt/containerd',
  'mount -t tmpfs -o mode=711 containerd-ts-test /run/containerd',
  'exec sleep infinity',
].join(' && ')

/**
 * Makes the namespace. Disposal kills every process that is still inside, and the containers of shims among them,
 * with SIGKILL and by pid; the mounts go with the last of them.
 */
export async function privateMounts(): Promise<PrivateMounts> {
  await using undo = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'ctd-ns-'))
  undo.defer(() => rm(dir, { recursive: true, force: true }))
  const keeper = undo.use(
    await startProcess({ program: 'unshare', args: ['-m', 'sh', '-c', prepare], logPath: join(dir, 'log') }),
  )
  await eventually('private mount namespace', () => {
    if (!keeper.isRunning()) throw new Error(`unshare ended: ${keeper.log()}`)
    return mountTable(keeper.pid).some((mount) => mount.source === 'containerd-ts-test')
  })
  undo.defer(() => killInhabitants(keeper.pid))
  const owned = undo.move()
  return {
    pid: keeper.pid,
    enter: (program, args) => ({ program: 'nsenter', args: ['-t', String(keeper.pid), '-m', '--', program, ...args] }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function killInhabitants(keeperPid: number): Promise<void> {
  const cgroups = new Set<string>()
  await eventually('end of everything in the private mount namespace', () => {
    const all = processes()
    const namespace = all.find(({ pid }) => pid === keeperPid)?.mountNamespace
    if (namespace === undefined) return true
    const inside = all.filter((info) => info.mountNamespace === namespace).map(({ pid }) => pid)
    const doomed = withDescendants(inside, all).filter((info) => info.pid !== keeperPid && !info.zombie)
    for (const { pid } of doomed) {
      for (const cgroup of cgroupsOf(pid)) cgroups.add(cgroup)
      killQuietly(pid)
    }
    return doomed.length === 0
  })
  await removeCgroups([...cgroups])
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
