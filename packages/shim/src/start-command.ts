// SPDX-License-Identifier: Apache-2.0
import { native } from '@containerd-ts/native-sys'
import {
  encodeStartOutput,
  launchServer,
  readStartInput,
  serverOomScore,
  writeAddress,
} from '@containerd-ts/shim-bootstrap'
import type { ShimDefinition } from './definition.ts'
import type { ShimFlags } from './flags.ts'
import { readInput, writeOut } from './output.ts'
import { selfCommand, sha256 } from './runtime.ts'

/**
 * Starts the server of a container's group, unless one serves already, and prints how to reach it in the form the
 * daemon reads.
 */
export async function start(definition: ShimDefinition, flags: ShimFlags): Promise<void> {
  const { namespace, id, address: grpcAddress, debug } = flags
  const env = ownEnvironment()
  const input = readStartInput(readInput(), {
    id,
    namespace,
    logLevel: debug ? -4 : 0,
    ttrpcAddress: env['TTRPC_ADDRESS'] ?? '',
    grpcAddress,
    containerdBinary: flags.publishBinary,
  })
  if (env['SCHED_CORE']) native.createSchedCore()
  const server = await launchServer(
    {
      program: selfCommand(),
      bundle: '.',
      namespace,
      id,
      grpcAddress,
      socketDir: input.socketDir,
      groupAnnotations: definition.groupAnnotations,
      env,
      debug,
      cgroup: input.options === undefined ? undefined : await definition.shimCgroup(input.options),
      oomScoreAdj: serverOomScore(process.ppid),
      sha256,
    },
    native,
  )
  try {
    if (input.answer === 'address') writeAddress('.', server.answer.address)
    writeOut(1, encodeStartOutput(server.answer, input.answer))
  } catch (error) {
    server.undo()
    throw error
  }
}

function ownEnvironment(): Record<string, string> {
  const set = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(set)
}
