// SPDX-License-Identifier: Apache-2.0
import type { ServiceImpl, Transport } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { tempRoot } from '@containerd-ts/testkit'
import { connect } from 'node:net'
import { createClient, createUnixTransport } from '../src/index.ts'
import { createRpcServer } from '../src/server.ts'
import type { RpcServer, RpcServerOptions } from '../src/server.ts'
import { Echo } from './echo-service.ts'

export type EchoImpl = Partial<ServiceImpl<typeof Echo>>

export interface ServerFixture extends AsyncDisposable {
  readonly path: string
  readonly server: RpcServer
}

/** A server with the echo service on a socket of its own. */
export async function serve(echo: EchoImpl, options: Partial<RpcServerOptions> = {}): Promise<ServerFixture> {
  const root = await tempRoot('rpc-')
  const path = root.join('s.sock')
  const server = createRpcServer({ routes: (router) => void router.service(Echo, echo), ...options })
  await server.listenUnix({ path })
  return {
    path,
    server,
    async [Symbol.asyncDispose]() {
      await server.close({ graceMs: 0 })
      await root[Symbol.asyncDispose]()
    },
  }
}

export interface TransportFixture extends AsyncDisposable {
  readonly transport: Transport
}

/** Our transport. */
export function leanTransport(path: string): TransportFixture {
  const transport = createUnixTransport({ address: path })
  return { transport, [Symbol.asyncDispose]: () => transport.close() }
}

/** Connect's, over the same socket. */
export function connectTransport(path: string): TransportFixture {
  const sockets: ReturnType<typeof connect>[] = []
  const createConnection = () => {
    const socket = connect(path)
    sockets.push(socket)
    return socket
  }
  const transport = createGrpcTransport({ baseUrl: 'http://localhost', nodeOptions: { createConnection } })
  return {
    transport,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

export const echoClient = (transport: Transport) => createClient(Echo, transport)
