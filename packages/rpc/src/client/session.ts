// SPDX-License-Identifier: Apache-2.0
import { UnavailableError } from '@containerd-ts/errdefs'
import { connect as connectHttp2 } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { EagerSocket } from './eager-socket.ts'
import { WindowGrowth } from './window-growth.ts'

export interface SessionOptions {
  readonly path: string
  readonly connectTimeoutMs: number
  readonly waitForReady: boolean
  readonly onLost?: (() => void) | undefined
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly session: Promise<ClientHttp2Session> }
  | { readonly kind: 'ready'; readonly session: ClientHttp2Session }
  | { readonly kind: 'closed' }

const mib = 1024 * 1024
const isBun = process.versions.bun !== undefined
const firstBackoffMs = 20
const maxBackoffMs = 1000
/** Failures that mean nobody listens yet. */
const notListening = new Set(['ENOENT', 'ECONNREFUSED', 'EAGAIN'])

/** One connection, made when it is first wanted and again after it was lost. */
export class SessionHolder {
  readonly #options: SessionOptions
  readonly #closing = new AbortController()
  #state: State = { kind: 'idle' }

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /** @throws {UnavailableError} nobody listens, or this is closed */
  get(): ClientHttp2Session | Promise<ClientHttp2Session> {
    const state = this.#state
    if (state.kind === 'ready') {
      if (!state.session.closed && !state.session.destroyed) return state.session
      this.#state = { kind: 'idle' }
    }
    if (state.kind === 'connecting') return state.session
    if (state.kind === 'closed') throw new UnavailableError(`connection to ${this.#options.path} is closed`)
    const session = this.#connect()
    this.#state = { kind: 'connecting', session }
    return session
  }

  /** The session refuses new calls: the next one gets another. */
  discard(session: ClientHttp2Session): void {
    if (this.#state.kind === 'ready' && this.#state.session === session) this.#state = { kind: 'idle' }
  }

  async close(): Promise<void> {
    const state = this.#state
    this.#state = { kind: 'closed' }
    this.#closing.abort(new UnavailableError(`connection to ${this.#options.path} is closed`))
    if (state.kind !== 'ready' || state.session.destroyed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    state.session.once('close', resolve)
    state.session.destroy()
    await promise
  }

  async #connect(): Promise<ClientHttp2Session> {
    try {
      const session = this.#open(await this.#dial())
      // close() may have come between: then nobody else would end this session.
      if (this.#closing.signal.aborted) {
        session.destroy()
        throw this.#closing.signal.reason
      }
      this.#state = { kind: 'ready', session }
      return session
    } catch (error) {
      if (this.#state.kind === 'connecting') this.#state = { kind: 'idle' }
      throw error
    }
  }

  async #dial(): Promise<Socket> {
    const { path, connectTimeoutMs, waitForReady } = this.#options
    const until = Date.now() + connectTimeoutMs
    for (let backoffMs = firstBackoffMs; ; backoffMs = Math.min(backoffMs * 2, maxBackoffMs)) {
      try {
        return await dial(path, Math.max(1, until - Date.now()), this.#closing.signal)
      } catch (cause) {
        if (this.#closing.signal.aborted) throw this.#closing.signal.reason
        const retry = waitForReady && notListening.has((cause as NodeJS.ErrnoException).code ?? '')
        if (!retry || Date.now() + backoffMs >= until) {
          throw new UnavailableError(`connect to ${path}`, { cause })
        }
      }
      await sleep(backoffMs, undefined, { signal: this.#closing.signal }).catch(() => {})
    }
  }

  #open(socket: Socket): ClientHttp2Session {
    const session = connectHttp2('http://localhost', {
      createConnection: () => new EagerSocket(socket, isBun ? new WindowGrowth() : undefined),
      settings: { enablePush: false, initialWindowSize: 4 * mib },
      maxSessionMemory: 512,
    })
    const lost = (): void => this.discard(session)
    session.on('goaway', lost)
    session.on('close', lost)
    session.on('close', () => this.#options.onLost?.())
    session.on('error', lost) // its streams fail each by themselves
    // Bun 1.4 stops granting connection window after this call; without it all is well there.
    if (!isBun) session.once('connect', () => session.setLocalWindowSize(16 * mib))
    return session
  }
}

async function dial(path: string, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted()
  const socket = connectSocket({ path })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = (): void => reject(signal.reason)
  const timer = setTimeout(() => reject(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs)
  socket.once('connect', resolve)
  socket.once('error', reject)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await promise
    socket.off('error', reject)
    return socket
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
