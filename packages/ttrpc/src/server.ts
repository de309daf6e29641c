// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { DescService } from '@bufbuild/protobuf'
import type { PeerCheck } from './peer-check.ts'
import type { PlainMethods, PlainService, PlainServiceImpl } from './plain/service.ts'
import { ServerConnection, type HandlerFailure } from './server-connection.ts'
import { ServiceTable, type ServiceImpl } from './service.ts'

export interface TtrpcServerOptions {
  /** Default: everybody who can open the socket. */
  readonly allowPeer?: PeerCheck | undefined
  /** Calls in flight per connection before its reading stops. Default 4096. */
  readonly maxConcurrentCalls?: number | undefined
  /** Told of every error a handler threw, after it was answered; the place to log unknown ones. */
  readonly onFailure?: ((failure: HandlerFailure) => void) | undefined
}

/** Where to listen: a path (NUL first: abstract), or a socket that is bound and listening already. */
export type ListenTarget = { readonly path: string } | { readonly fd: number }

/** Serves protobuf services over ttrpc. Handlers run concurrently; a connection's end cancels its own. */
export class TtrpcServer implements AsyncDisposable {
  readonly #services = new ServiceTable()
  readonly #connections = new Set<ServerConnection>()
  readonly #listeners = new Set<Server>()
  readonly #options: TtrpcServerOptions
  #state: 'serving' | 'draining' | 'closed' = 'serving'
  #drained: PromiseWithResolvers<void> | undefined

  constructor(options: TtrpcServerOptions = {}) {
    this.#options = options
  }

  register<S extends DescService>(service: S, impl: ServiceImpl<S>): this {
    this.#services.register(service, impl)
    return this
  }

  registerPlain<M extends PlainMethods>(service: PlainService<M>, impl: PlainServiceImpl<M>): this {
    this.#services.registerPlain(service, impl)
    return this
  }

  /** Starts to accept. May be called for several targets. @throws the system's error, EADDRINUSE for one */
  async listen(target: ListenTarget): Promise<void> {
    const listener = createServer((socket) => this.#accept(socket))
    listener.listen(target)
    await once(listener, 'listening')
    this.#listeners.add(listener)
  }

  /** Serves a connection that came some other way, such as one end of a loopback pipe. */
  serve(socket: Duplex): void {
    if (this.#state !== 'serving') {
      socket.destroy()
      return
    }
    const connection: ServerConnection = new ServerConnection(socket, {
      services: this.#services,
      maxConcurrentCalls: this.#options.maxConcurrentCalls ?? 4096,
      onFailure: this.#options.onFailure ?? ((): void => {}),
      onClose: () => this.#forget(connection),
    })
    this.#connections.add(connection)
  }

  /**
   * Stops listening, ends idle connections at once and busy ones after their last call.
   * When `signal` fires first, what is left is cut off.
   */
  async shutdown(signal?: AbortSignal): Promise<void> {
    if (this.#state === 'serving') this.#state = 'draining'
    this.#stopListening()
    for (const connection of this.#connections) connection.finish()
    if (this.#connections.size === 0) return
    this.#drained ??= Promise.withResolvers<void>()
    const cut = (): void => this.close()
    if (signal?.aborted === true) cut()
    signal?.addEventListener('abort', cut, { once: true })
    await this.#drained.promise
    signal?.removeEventListener('abort', cut)
  }

  /** Ends everything at once; running handlers see their signal fire. */
  close(): void {
    this.#state = 'closed'
    this.#stopListening()
    for (const connection of this.#connections) connection.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.shutdown()
  }

  #accept(socket: Socket): void {
    if (!this.#allowed(socket)) socket.destroy()
    else this.serve(socket)
  }

  #allowed(socket: Socket): boolean {
    try {
      return this.#options.allowPeer?.(socket) ?? true
    } catch {
      return false // the peer left before it could be asked
    }
  }

  #forget(connection: ServerConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#drained?.resolve()
  }

  #stopListening(): void {
    for (const listener of this.#listeners) listener.close()
    this.#listeners.clear()
  }
}
