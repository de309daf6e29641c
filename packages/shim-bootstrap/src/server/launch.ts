// SPDX-License-Identifier: Apache-2.0
import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Fd, SpawnCalls } from '@containerd-ts/native-sys'
import { writeBootstrap } from '../bundle-files.ts'
import type { BootstrapResult } from '../result.ts'
import { DEFAULT_SOCKET_DIR, shimSocketPath } from '../socket-path.ts'
import { cgroupProcsOf } from './cgroup-procs.ts'
import { environmentOfServer } from './environment.ts'
import { groupOf } from './group.ts'
import { bindAnew, bindOrJoin, type SocketBindCalls } from './socket.ts'

/** What launching takes of the kernel. */
export type LaunchCalls = Pick<SpawnCalls, 'spawn'> & SocketBindCalls

const SIGKILL = 9
const taskVersion = 3

export interface ServerLaunch {
  readonly program: {
    readonly path: string
    /** What stands before the program's own. */ readonly args: readonly string[]
  }
  /** Bundle of the first container; the server runs in it. */
  readonly bundle: string
  readonly namespace: string
  readonly id: string
  /** Address of the daemon's gRPC socket. */
  readonly grpcAddress: string
  /** Default: where shims have put their sockets since ever. */
  readonly socketDir?: string | undefined
  /** Annotations that name the group a container joins, the first present wins. */
  readonly groupAnnotations: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Logs debug lines and has a second socket. */
  readonly debug: boolean
  readonly cgroup?: string | undefined
  readonly oomScoreAdj?: number | undefined
  readonly sha256?: ((text: string) => string) | undefined
}

export interface LaunchedServer {
  readonly answer: BootstrapResult
  /** Ends a server that was started here, and its sockets; a joined one stays. */
  undo(): void
}

/**
 * Starts the server of a container's group, unless one serves already. The socket listens before the server runs,
 * so nobody has to wait for it. The server outlives this process and does not keep it alive.
 */
export async function launchServer(launch: ServerLaunch, sys: LaunchCalls): Promise<LaunchedServer> {
  const { bundle, namespace, id, grpcAddress, socketDir = DEFAULT_SOCKET_DIR, debug, sha256 } = launch
  const group = groupOf(launch.groupAnnotations, join(bundle, 'config.json')) ?? id
  const name = { grpcAddress, namespace, group, dir: socketDir }
  const path = shimSocketPath(name, sha256)
  const debugPath = debug ? shimSocketPath({ ...name, debug }, sha256) : undefined
  const answer = { version: taskVersion, address: `unix://${path}`, protocol: 'ttrpc' } as const
  if (launch.socketDir !== undefined) linkSocketDir(bundle, launch.socketDir)
  const socket = await bindOrJoin(path, sys)
  if (socket.kind === 'joined') {
    writeBootstrap(bundle, answer)
    return { answer, undo: () => {} }
  }
  const sockets = [socket.fd]
  const removeNames = (): void => {
    for (const made of [path, debugPath]) if (made !== undefined) rmSync(made, { force: true })
  }
  try {
    // The daemon writes it too, when it has read the answer; one that is killed before that finds the shim by this.
    writeBootstrap(bundle, answer)
    if (debugPath !== undefined) sockets.push(bindAnew(debugPath, sys))
    const server = spawnServer(launch, sys, sockets, debugPath === undefined ? [path] : [path, debugPath])
    return {
      answer,
      undo() {
        server.kill(SIGKILL)
        removeNames()
      },
    }
  } catch (error) {
    removeNames()
    throw error
  } finally {
    for (const fd of sockets) sys.close(fd)
  }
}

function spawnServer(launch: ServerLaunch, sys: LaunchCalls, sockets: readonly Fd[], socketPaths: readonly string[]) {
  const { program, bundle, namespace, id, grpcAddress, env, debug, cgroup, oomScoreAdj } = launch
  const flags = ['-namespace', namespace, '-id', id, '-address', grpcAddress, ...(debug ? ['-debug'] : [])]
  return sys.spawn({
    path: program.path,
    argv: [program.path, ...program.args, ...flags],
    env: environmentOfServer(env, id, socketPaths),
    cwd: bundle,
    stdio: ['null', 'null', 'null', ...sockets],
    processGroup: 0,
    ref: false,
    ...(cgroup === undefined ? {} : { cgroupProcs: cgroupProcsOf(cgroup) }),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
  })
}

/** `s` in the bundle leads to the sockets, for tools and for the shim's `delete`. */
function linkSocketDir(bundle: string, directory: string): void {
  const link = join(bundle, 's')
  rmSync(link, { force: true })
  symlinkSync(directory, link)
}
