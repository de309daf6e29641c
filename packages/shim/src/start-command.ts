// SPDX-License-Identifier: Apache-2.0
import { rmSync, symlinkSync } from 'node:fs'
import { native } from '@containerd-ts/native-sys'
import type { Fd, SpawnedProcess } from '@containerd-ts/native-sys'
import {
  DEFAULT_SOCKET_DIR,
  encodeStartOutput,
  readStartInput,
  shimSocketPath,
  writeAddress,
  writeBootstrap,
} from '@containerd-ts/shim-bootstrap'
import type { StartInput } from '@containerd-ts/shim-bootstrap'
import type { ShimDefinition } from './definition.ts'
import type { ShimFlags } from './flags.ts'
import { groupOf } from './group.ts'
import { serverOomScore } from './oom-score.ts'
import { readInput, writeOut } from './output.ts'
import { selfCommand, sha256 } from './runtime.ts'
import { environmentOfServer } from './server-environment.ts'
import { cgroupProcsOf } from './shim-cgroup.ts'
import { bindAnew, bindOrJoin } from './socket.ts'

const SIGKILL = 9
const taskVersion = 3

/**
 * Starts the server of a container's group, unless one serves already, and prints how to reach it in the form the
 * daemon reads. The socket listens before the server runs, so nobody has to wait for it.
 */
export async function start(definition: ShimDefinition, flags: ShimFlags): Promise<void> {
  const input = readStartInput(readInput(), {
    id: flags.id,
    namespace: flags.namespace,
    logLevel: flags.debug ? -4 : 0,
    ttrpcAddress: process.env['TTRPC_ADDRESS'] ?? '',
    grpcAddress: flags.address,
    containerdBinary: flags.publishBinary,
  })
  if (input.socketDir !== undefined) linkSocketDir(input.socketDir)
  const group = groupOf(definition.groupAnnotations, 'config.json') ?? flags.id
  const name = {
    grpcAddress: flags.address,
    namespace: flags.namespace,
    group,
    dir: input.socketDir ?? DEFAULT_SOCKET_DIR,
  }
  const path = shimSocketPath(name, sha256)
  const socket = await bindOrJoin(path)
  const debugPath = flags.debug ? shimSocketPath({ ...name, debug: true }, sha256) : undefined
  let server: SpawnedProcess | undefined
  const address = `unix://${path}`
  const answer = { version: taskVersion, address, protocol: 'ttrpc' } as const
  try {
    // The daemon writes it too, when it has read the answer; one that is killed before that finds the shim by this.
    writeBootstrap('.', answer)
    if (socket.kind === 'bound') server = await startServer(definition, flags, input, path, [socket.fd, debugPath])
    if (input.answer === 'address') writeAddress('.', address)
    writeOut(1, encodeStartOutput(answer, input.answer))
  } catch (error) {
    server?.kill(SIGKILL)
    if (socket.kind === 'bound')
      for (const made of [path, debugPath]) if (made !== undefined) rmSync(made, { force: true })
    throw error
  }
}

async function startServer(
  definition: ShimDefinition,
  flags: ShimFlags,
  input: StartInput,
  path: string,
  [socket, debugPath]: readonly [Fd, string | undefined],
): Promise<SpawnedProcess> {
  const debugSocket = debugPath === undefined ? [] : [bindAnew(debugPath)]
  if (process.env['SCHED_CORE']) native.createSchedCore()
  const cgroup = input.options === undefined ? undefined : await definition.shimCgroup(input.options)
  const score = serverOomScore()
  const self = selfCommand()
  return native.spawn({
    path: self.path,
    argv: [self.path, ...self.args, ...serverArguments(flags)],
    env: environmentOfServer(flags.id, debugPath === undefined ? [path] : [path, debugPath]),
    stdio: ['null', 'null', 'null', socket, ...debugSocket],
    processGroup: 0,
    ...(cgroup === undefined ? {} : { cgroupProcs: cgroupProcsOf(cgroup) }),
    ...(score === undefined ? {} : { oomScoreAdj: score }),
  })
}

function serverArguments({ namespace, id, address, debug }: ShimFlags): string[] {
  return ['-namespace', namespace, '-id', id, '-address', address, ...(debug ? ['-debug'] : [])]
}

/** `s` in the bundle leads to the sockets, for tools. */
function linkSocketDir(directory: string): void {
  rmSync('s', { force: true })
  symlinkSync(directory, 's')
}
