// SPDX-License-Identifier: Apache-2.0
import type { Interceptor } from '@connectrpc/connect'
import { silentLogger } from '@containerd-ts/core'
import type { Logger } from '@containerd-ts/core'
import { UnavailableError } from '@containerd-ts/errdefs'
import { createServer as createHttp1Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connectFallback } from './connect-fallback.ts'
import { GrpcCall } from './grpc-call.ts'
import type { GrpcCallSettings } from './grpc-call.ts'
import { observeCalls } from './observe.ts'
import type { RpcObserver } from './observe.ts'
import { createListener } from './listener.ts'
import type { TlsSettings } from './listener.ts'
import { peekProtocol } from './peek.ts'
import { Routes } from './routes.ts'
import type { RegisterRoutes } from './routes.ts'
import { prepareSocket, securePath } from './socket-file.ts'
import type { UnixAddress } from './socket-file.ts'

export interface RpcServerOptions {
  readonly routes: RegisterRoutes
  /** Connect's interceptors, the first outermost; the same for all protocols. */
  readonly interceptors?: readonly Interceptor[]
  /** Largest message taken, in bytes. Default 16 MiB. */
  readonly maxReceiveBytes?: number
  /** Largest message sent, in bytes. Default 16 MiB. */
  readonly maxSendBytes?: number
  readonly observer?: RpcObserver
  readonly logger?: Logger
  /** Who carries gRPC: our own path, or Connect's adapter, several times slower. Default `lean`. */
  readonly grpc?: 'lean' | 'connect'
}

/** A TCP listener; without `tls` in the clear. */
export interface TcpAddress {
  readonly host: string
  readonly port: number
  readonly tls?: TlsSettings | undefined
}

export interface CloseOptions {
  /** How long calls may go on before they fail as Unavailable. Default 5 s. */
  readonly graceMs?: number
}

const mib = 1024 * 1024
const defaultMaxBytes = 16 * mib
/** Between giving calls their error and cutting the connections. */
const farewellMs = 100
const silentPeerMs = 30_000

/** Several protocols, any number of sockets, one set of services. */
export class RpcServer implements AsyncDisposable {
  readonly #routes: Routes
  readonly #settings: GrpcCallSettings
  readonly #grpc: 'lean' | 'connect'
  readonly #shutdown = new AbortController()
  readonly #listeners = new Set<Server>()
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #calls = new Set<GrpcCall>()
  readonly #http1
  /** Kept-alive connections without a request; Node's own tracking begins only when the server listens. */
  readonly #idleHttp1 = new Set<Socket>()
  readonly #http2: Http2Server
  /** Never listens: streams that are not for the lean path are handed to it for its request API. */
  readonly #compat: Http2Server
  #closing: Promise<void> | undefined

  constructor(options: RpcServerOptions) {
    const { interceptors = [], observer, logger = silentLogger } = options
    this.#routes = new Routes(options.routes)
    this.#grpc = options.grpc ?? 'lean'
    this.#settings = {
      interceptors: observer === undefined ? interceptors : [observeCalls(observer), ...interceptors],
      maxReceiveBytes: options.maxReceiveBytes ?? defaultMaxBytes,
      maxSendBytes: options.maxSendBytes ?? defaultMaxBytes,
      logger,
    }
    const fallback = connectFallback(this.#routes, this.#settings, this.#shutdown.signal)
    this.#http1 = createHttp1Server((request, response) => {
      this.#idleHttp1.delete(request.socket)
      response.once('close', () => this.#onHttp1Idle(request.socket))
      fallback(request, response)
    })
    this.#compat = createHttp2Server(fallback)
    this.#http2 = createHttp2Server({
      // Clients of ours stream blobs: windows that hold a few of their messages keep them from waiting.
      settings: { initialWindowSize: 4 * mib, maxFrameSize: 64 * 1024 },
      maxSessionMemory: 512,
      // A client may rightly cancel many waits at once; these limits are made for the open internet.
      streamResetBurst: 100_000,
      streamResetRate: 10_000,
    })
    this.#http2.on('session', (session) => this.#onSession(session))
    this.#http2.on('stream', (stream, headers, flags, raw) => this.#onStream(stream, headers, flags, raw))
  }

  /** Full names of the services, as registered. */
  get serviceNames(): readonly string[] {
    return this.#routes.services.map((service) => service.typeName)
  }

  /** @throws {InvalidArgumentError} path too long @throws {FailedPreconditionError} no socket has the name */
  async listenUnix(address: UnixAddress): Promise<void> {
    await prepareSocket(address)
    await this.#listen({ path: address.path })
    await securePath(address)
  }

  /** Answers the port, which for port 0 the kernel picks. */
  async listenTcp(address: TcpAddress): Promise<number> {
    const { host, port, tls } = address
    const listener = await this.#listen({ host, port }, tls)
    return (listener.address() as AddressInfo).port
  }

  /** Stops taking calls, lets those under way finish for a while, then fails and cuts them. Idempotent. */
  close(options: CloseOptions = {}): Promise<void> {
    return (this.#closing ??= this.#close(options.graceMs ?? 5000))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close({ graceMs: 0 })
  }

  async #listen(where: { path: string } | { host: string; port: number }, tls?: TlsSettings): Promise<Server> {
    const listener = createListener(
      { onSocket: (socket) => this.#track(socket), onConnection: (socket) => this.#onConnection(socket) },
      tls,
    )
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    listener.once('error', reject)
    listener.listen(where, resolve)
    await promise
    listener.off('error', reject)
    listener.on('error', (error) => this.#settings.logger.error('listener failed', { error }))
    this.#listeners.add(listener)
    return listener
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #onConnection(socket: Socket): void {
    socket.once('close', () => this.#idleHttp1.delete(socket))
    peekProtocol(socket, silentPeerMs, (protocol) => {
      const server = protocol === 'http2' ? this.#http2 : this.#http1
      server.emit('connection', socket)
    })
  }

  #onHttp1Idle(socket: Socket): void {
    if (socket.destroyed) return
    if (this.#closing !== undefined) socket.end()
    else this.#idleHttp1.add(socket)
  }

  #onSession(session: ServerHttp2Session): void {
    this.#sessions.add(session)
    session.setLocalWindowSize(16 * mib)
    session.once('close', () => this.#sessions.delete(session))
    session.on('error', (error) => this.#settings.logger.debug('http2 session failed', { error }))
    if (this.#closing !== undefined) session.close()
  }

  #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, raw: readonly string[]): void {
    const type = headers['content-type'] ?? ''
    const lean =
      this.#grpc === 'lean' && headers[':method'] === 'POST' && /^application\/grpc(?:\+proto)?(?:$|;)/.test(type)
    if (!lean) {
      this.#compat.emit('stream', stream, headers, flags, raw)
      return
    }
    const call = new GrpcCall(stream, headers, this.#settings)
    this.#calls.add(call)
    stream.once('close', () => this.#calls.delete(call))
    void call.run(this.#routes.find(String(headers[':path'])), (path) => this.#routes.notFound(path))
  }

  async #close(graceMs: number): Promise<void> {
    const listeners = [...this.#listeners].map(
      (listener) => new Promise<void>((resolve) => listener.close(() => resolve())),
    )
    for (const socket of this.#idleHttp1) socket.destroy()
    for (const session of this.#sessions) session.close()
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
    const done = Promise.all(listeners)
    if (!(await settledWithin(done, graceMs))) {
      const error = new UnavailableError('server is shutting down')
      this.#shutdown.abort(error)
      for (const call of this.#calls) call.abort(error)
      await settledWithin(done, farewellMs)
    }
    this.#shutdown.abort(new UnavailableError('server is shutting down'))
    for (const session of this.#sessions) session.destroy()
    for (const socket of this.#sockets) socket.destroy()
    await done
  }
}

/** A server that is yet to listen. */
export const createRpcServer = (options: RpcServerOptions): RpcServer => new RpcServer(options)

async function settledWithin(done: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, timeoutMs, false)
  const result = await Promise.race([done.then(() => true), promise])
  clearTimeout(timer)
  return result
}
