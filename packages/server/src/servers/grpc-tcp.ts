// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { definePlugin, SkipPluginError } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import type { TlsSettings } from '@containerd-ts/rpc/server'
import { GrpcServices } from '@containerd-ts/rpc/slot'
import { RpcMetrics, Servers } from '../slots.ts'
import type { Server } from '../slots.ts'
import { messageSizes, serverOf } from './grpc.ts'
import { splitHostPort } from './host-port.ts'

interface TlsConfig {
  readonly tls_cert: string
  readonly tls_key: string
  readonly tls_ca: string
  readonly tls_common_name: string
}

/**
 * gRPC over TCP, where an address is configured: only services that say they are fit for it, as in the original, since
 * who reaches the others is root.
 */
export const grpcTcpServerPlugin: AnyPlugin = definePlugin({
  slot: Servers,
  id: 'grpc-tcp',
  requires: [GrpcServices, RpcMetrics],
  defaults: { address: '', tls_ca: '', tls_cert: '', tls_key: '', tls_common_name: '', ...messageSizes },
  async init(context): Promise<Server> {
    const { config } = context
    if (config.address === '') throw new SkipPluginError('no address configured')
    const { host, port } = splitHostPort(config.address)
    const tls = await readTls(config)
    const server = serverOf(context, ({ overTcp }) => overTcp === true)
    return {
      address: config.address,
      async start() {
        await server.listenTcp({ host, port, tls })
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },
})

/** @throws {InvalidArgumentError} one of certificate and key without the other, or what needs them without them */
async function readTls(config: TlsConfig): Promise<TlsSettings | undefined> {
  const { tls_cert: cert, tls_key: key, tls_ca: ca, tls_common_name: commonName } = config
  if (cert === '' && key === '' && ca === '' && commonName === '') return undefined
  if (cert === '' || key === '') throw new InvalidArgumentError('TLS needs both tls_cert and tls_key')
  if (commonName !== '' && ca === '') throw new InvalidArgumentError('tls_common_name needs tls_ca')
  return {
    cert: await readFile(cert),
    key: await readFile(key),
    ca: ca === '' ? undefined : await readFile(ca),
    commonName: commonName === '' ? undefined : commonName,
  }
}
