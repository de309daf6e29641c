// SPDX-License-Identifier: Apache-2.0
import type { Logger, TypedAny } from '@containerd-ts/core'
import { errnoOf, isInvalidArgument } from '@containerd-ts/errdefs'
import { AsyncQueue, deadline, sleep } from '@containerd-ts/lifecycle'
import { createPlainClient, packPlain, TtrpcConnection } from '@containerd-ts/ttrpc'
import type { PlainInit, PlainMessage } from '@containerd-ts/ttrpc'
import { eventService } from './event-messages.ts'

/** Takes events; never waits, never throws. */
export interface EventSink {
  publish<T>(topic: string, message: PlainMessage<T>, event: PlainInit<T>): void
}

export interface EventPublisherInit {
  /** The daemon's ttrpc socket. */
  readonly address: string
  readonly namespace: string
  readonly log: Logger
  /** How long an event is retried after its first failure; default 15 000. */
  readonly retainMs?: number | undefined
  /** Pause between attempts; default 250. */
  readonly retryMs?: number | undefined
}

interface PendingEvent {
  readonly topic: string
  readonly at: Date
  readonly event: TypedAny
}

const capacity = 2048
const attemptTimeoutMs = 5_000
const dialRetryMs = 10

/**
 * Forwards events to the daemon, one after the other, in the order they were published. While the daemon is away
 * the oldest event is retried for its time before the next gets its turn, so a daemon that restarts within that
 * time misses nothing and sees no event twice, save one whose answer was lost.
 */
export class EventPublisher implements EventSink, AsyncDisposable {
  readonly #init: EventPublisherInit
  readonly #queue = new AsyncQueue<PendingEvent>()
  readonly #sending: Promise<void>
  readonly #stop = new AbortController()
  #connection: TtrpcConnection | undefined
  #closing = false

  constructor(init: EventPublisherInit) {
    this.#init = init
    this.#sending = this.#send()
  }

  publish<T>(topic: string, message: PlainMessage<T>, event: PlainInit<T>): void {
    if (this.#queue.size >= capacity) {
      this.#init.log.error('event queue is full, event dropped', { topic })
      return
    }
    this.#queue.offer({ topic, at: new Date(), event: packPlain(message, event) })
  }

  /** Sends what is queued, without further retries, for at most `timeoutMs`; then closes the connection. */
  async close(timeoutMs = 5_000): Promise<void> {
    this.#closing = true
    this.#queue.close()
    const limit = setTimeout(() => this.#stop.abort(new Error('publisher closed')), timeoutMs)
    await this.#sending
    clearTimeout(limit)
    this.#connection?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #send(): Promise<void> {
    for (let next = await this.#queue.next(); next.done !== true; next = await this.#queue.next()) {
      if (this.#stop.signal.aborted) return
      await this.#deliver(next.value)
    }
  }

  async #deliver(event: PendingEvent): Promise<void> {
    const { log, retainMs = 15_000, retryMs = 250 } = this.#init
    const lastTry = event.at.getTime() + retainMs
    for (;;) {
      try {
        await this.#forward(event)
        return
      } catch (error) {
        const final = isInvalidArgument(error) || this.#closing || Date.now() >= lastTry
        if (final) {
          log.error('forward event', { topic: event.topic, error })
          return
        }
        log.debug('forward event, will retry', { topic: event.topic, error })
        await sleep(retryMs, this.#stop.signal).catch(() => {})
      }
    }
  }

  /** One attempt; a connection found dead is replaced once. */
  async #forward(event: PendingEvent): Promise<void> {
    const reused = this.#connection !== undefined && !this.#connection.closed
    try {
      await this.#attempt(event)
    } catch (error) {
      if (!reused || this.#connection?.closed !== true) throw error
      await this.#attempt(event)
    }
  }

  async #attempt({ topic, at, event }: PendingEvent): Promise<void> {
    using limit = deadline(attemptTimeoutMs, this.#stop.signal, `forward ${topic}`)
    const { signal } = limit
    if (this.#connection === undefined || this.#connection.closed) this.#connection = await this.#dial(signal)
    const client = createPlainClient(eventService, this.#connection)
    const { namespace } = this.#init
    const envelope = { timestamp: at, namespace, topic, event }
    await client.forward({ envelope }, { signal, namespace, timeoutMs: attemptTimeoutMs })
  }

  /** A daemon that is just starting may not have made its socket yet. */
  async #dial(signal: AbortSignal): Promise<TtrpcConnection> {
    for (;;) {
      try {
        return await TtrpcConnection.connect(this.#init.address, { signal })
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || this.#closing) throw error
        await sleep(dialRetryMs, signal)
      }
    }
  }
}
