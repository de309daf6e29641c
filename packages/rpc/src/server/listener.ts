// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

/** How a TCP listener proves itself, and what it asks of its clients. */
export interface TlsSettings {
  /** Certificate chain and private key, as PEM. */
  readonly cert: string | Buffer
  readonly key: string | Buffer
  /** Authorities, as PEM: given, every client has to show a certificate of theirs. */
  readonly ca?: string | Buffer | undefined
  /** Common name that a client's certificate must bear. */
  readonly commonName?: string | undefined
}

interface ListenerHooks {
  /** Every connection as it comes, before any handshake. */
  onSocket(socket: Socket): void
  /** A connection that may be served. */
  onConnection(socket: Socket): void
}

const handshakeMs = 30_000

export function createListener({ onSocket, onConnection }: ListenerHooks, tls?: TlsSettings): Server {
  if (tls === undefined) {
    return createServer((socket) => {
      onSocket(socket)
      onConnection(socket)
    })
  }
  const { cert, key, ca, commonName } = tls
  const asks = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
  const options = { cert, key, ...asks, ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: handshakeMs }
  const server = createTlsServer(options, (socket) => {
    const named = commonName === undefined || socket.getPeerCertificate().subject?.CN === commonName
    if (named) onConnection(socket)
    else socket.destroy()
  })
  server.on('connection', onSocket)
  return server
}
