// SPDX-License-Identifier: Apache-2.0
import { accessSync, closeSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { ExitStatus, SpawnCalls, SpawnedProcess, SpawnRequest } from '../process.ts'
import type { Fd } from '../types.ts'
import { checkFd, checkPath, guard, tolerate } from './guard.ts'
import { addWatch } from './hub.ts'
import { binding } from './load.ts'
import { failureOf } from './monitor.ts'

const CLD_EXITED = 1
const CLD_DUMPED = 3

/** From waitid(2)'s si_code and si_status. */
export function exitStatus(pid: number, code: number, status: number): ExitStatus {
  if (code === CLD_EXITED) return { pid, status, signal: undefined, coreDumped: false }
  return { pid, status: 128 + status, signal: status, coreDumped: code === CLD_DUMPED }
}

/** Settles with the child's end, which is collected then. */
export function waitChild(pid: number, pidfd: Fd, ref = true): Promise<ExitStatus> {
  return new Promise((resolve, reject) => {
    addWatch(
      (id) => guard(() => binding().monitorProcess(id, pidfd, true)),
      ({ a, b }) => (a < 0 ? reject(failureOf(b, 'waitid')) : resolve(exitStatus(pid, a, b))),
      ref,
    )
  })
}

function environment(env: SpawnRequest['env']): readonly string[] {
  return Array.isArray(env)
    ? (env as readonly string[])
    : Object.entries(env).map(([name, value]) => `${name}=${value}`)
}

function spawn(request: SpawnRequest): SpawnedProcess {
  const { path, argv, cwd, stdio = ['null', 'null', 'null'] } = request
  checkPath(path)
  if (!path.includes('/')) throw new InvalidArgumentError(`path ${path} holds no slash`)
  if (argv.length === 0) throw new InvalidArgumentError('argv is empty')
  const env = environment(request.env)
  for (const text of [...argv, ...env, cwd ?? '.']) checkPath(text, 'argument, variable or directory', true)
  for (const fd of stdio) if (fd !== 'null') checkFd(fd, 'stdio')
  const [pid, pidfd] = guard(
    () =>
      binding().spawn(
        path,
        argv,
        env,
        cwd ?? null,
        stdio.map((fd) => (fd === 'null' ? -1 : fd)),
        request.setsid ?? false,
        request.processGroup ?? -1,
        request.parentDeathSignal ?? 0,
        request.cgroupProcs ?? [],
        request.setns ?? [],
        request.unshare ?? 0,
        request.oomScoreAdj === undefined ? null : String(request.oomScoreAdj),
        request.umask ?? -1,
      ),
    path,
  )
  // The monitor watches a duplicate: disposal of ours does not lose the exit. ECHILD: somebody else collected it.
  const exited = waitChild(pid, pidfd, request.ref ?? true).catch(() => ({
    pid,
    status: 255,
    signal: undefined,
    coreDumped: false,
  }))
  let open = true
  return {
    pid,
    pidfd,
    exited,
    kill: (signal) => tolerate(['ESRCH'], () => guard(() => binding().pidfdSendSignal(pidfd, signal)) === 0, false),
    [Symbol.dispose]() {
      if (open) closeSync(pidfd)
      open = false
    },
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false // absent or not permitted: the next directory
  }
}

export const spawnCalls: SpawnCalls = {
  spawn,
  findExecutable(name, path = process.env['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin') {
    if (name.includes('/')) return name
    return path
      .split(':')
      .map((dir) => join(dir === '' ? '.' : dir, name))
      .find(isExecutable)
  },
}
