// SPDX-License-Identifier: Apache-2.0
import { dirname, join } from 'node:path'
import { Flags } from '@oclif/core'
import { Task as TaskV2 } from '@containerd-ts/api/runtime/task/v2/shim_pb'
import { Task as TaskV3 } from '@containerd-ts/api/runtime/task/v3/shim_pb'
import { InvalidArgumentError, UnavailableError } from '@containerd-ts/errdefs'
import { shimSocketPath } from '@containerd-ts/shim-bootstrap'
import { createTtrpcClient, TtrpcConnection } from '@containerd-ts/ttrpc'
import type { TtrpcClient } from '@containerd-ts/ttrpc'
import type { GlobalFlags } from './global-flags.ts'

/** Flags that lead to a shim. */
export const shimFlags = {
  id: Flags.string({ summary: 'container id' }),
  'shim-address': Flags.string({ summary: 'socket of the shim, where the id does not lead to it' }),
}

export interface ShimFlags {
  readonly id: string | undefined
  readonly 'shim-address': string | undefined
}

/** A shim's task service. Versions 2 and 3 have the same messages. */
export interface ShimClient extends AsyncDisposable {
  readonly task: TtrpcClient<typeof TaskV3>
}

/**
 * Dials a shim, without the daemon.
 * @throws {InvalidArgumentError} neither id nor address @throws {UnavailableError} nobody listens
 */
export async function connectShim(
  flags: ShimFlags,
  { address, namespace }: Pick<GlobalFlags, 'address' | 'namespace'>,
  { signal, version = 3 }: { readonly signal: AbortSignal; readonly version?: number | undefined },
): Promise<ShimClient> {
  const connection = await dial(socketsOf(flags, address, namespace), signal)
  const service = (version >= 3 ? TaskV3 : TaskV2) as typeof TaskV3
  const task = createTtrpcClient(service, connection, { namespace, signal })
  return { task, [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose]() }
}

/** Where the shim may listen: the path that its id hashes to, there or beside the daemon's socket; or the abstract name of shims long ago. */
function socketsOf(
  { id, 'shim-address': given }: ShimFlags,
  grpcAddress: string,
  namespace: string,
): readonly string[] {
  if (given !== undefined && given !== '') return [given.replace(/^unix:\/\//, '')]
  if (id === undefined || id === '') throw new InvalidArgumentError('container id must be specified')
  const name = { grpcAddress, namespace, group: id }
  return [
    shimSocketPath(name),
    shimSocketPath({ ...name, dir: join(dirname(grpcAddress), 's') }),
    `\0/containerd-shim/${namespace}/${id}/shim.sock`,
  ]
}

async function dial(sockets: readonly string[], signal: AbortSignal): Promise<TtrpcConnection> {
  let first: unknown
  for (const socket of sockets) {
    try {
      return await TtrpcConnection.connect(socket, { signal })
    } catch (error) {
      signal.throwIfAborted()
      first ??= error
    }
  }
  throw new UnavailableError(`shim socket ${sockets[0] ?? ''}`, { cause: first })
}
