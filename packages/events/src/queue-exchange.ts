// SPDX-License-Identifier: Apache-2.0
import {
  matchesAny,
  silentLogger,
  type DomainEvent,
  type Envelope,
  type EventCodec,
  type EventExchange,
  type FieldLookup,
  type Filter,
  type Logger,
  type Namespace,
  type SubscribeOptions,
  type TypedAny,
} from '@containerd-ts/core'
import { AsyncQueue } from '@containerd-ts/lifecycle'
import { CanceledError, ResourceExhaustedError } from '@containerd-ts/errdefs'
import { checkAddress, checkEnvelope } from './check-envelope.ts'
import { missedEvents } from './missed-events.ts'
import { RetainedLog } from './retained-log.ts'

export interface QueueExchangeInit {
  readonly codec: EventCodec
  /** Events kept for replay. Default 500, the first containerd's retain count; 0 keeps none. */
  readonly retainCount?: number | undefined
  /** Unread events of one subscriber before it is cut off. Default 65536. */
  readonly queueLimit?: number | undefined
  /** For how long after its start newcomers get what clients of an earlier daemon missed. Default 15 000. */
  readonly catchUpMs?: number | undefined
  readonly logger?: Logger | undefined
  readonly now?: (() => Date) | undefined
}

interface Subscriber {
  readonly queue: AsyncQueue<Envelope>
  readonly filters: readonly Filter[] | undefined
  /** Takes no more events; what is unread is still delivered, then `error` if there is one. */
  readonly end: (error?: unknown) => void
}

/**
 * Hands every event to a queue per subscriber, so that a slow one delays nobody. A queue that passes its limit ends
 * with ResourceExhausted after what it holds.
 */
export class QueueExchange implements EventExchange, Disposable {
  readonly #codec: EventCodec
  readonly #queueLimit: number
  readonly #logger: Logger
  readonly #now: () => Date
  readonly #log: RetainedLog
  readonly #catchUpMs: number
  readonly #startedAt: Date
  readonly #subscribers = new Set<Subscriber>()

  constructor(init: QueueExchangeInit) {
    this.#codec = init.codec
    this.#queueLimit = init.queueLimit ?? 65_536
    this.#logger = init.logger ?? silentLogger
    this.#now = init.now ?? (() => new Date())
    this.#log = new RetainedLog(init.retainCount ?? 500)
    this.#catchUpMs = init.catchUpMs ?? 15_000
    this.#startedAt = this.#now()
  }

  /** For metrics. */
  get subscribers(): number {
    return this.#subscribers.size
  }

  async publish(namespace: Namespace, event: DomainEvent): Promise<void> {
    await this.publishEncoded(namespace, event.topic, this.#codec.encode(event))
  }

  async publishEncoded(namespace: string, topic: string, event: TypedAny): Promise<void> {
    checkAddress(namespace, topic)
    this.#deliver({ timestamp: this.#now(), namespace, topic, event })
  }

  async forward(envelope: Envelope): Promise<void> {
    checkEnvelope(envelope)
    this.#deliver(envelope)
  }

  /** The subscription stands from the call on; one that is never iterated ends with its signal or the exchange. */
  subscribe(filters?: readonly Filter[], { since, signal }: SubscribeOptions = {}): AsyncIterable<Envelope> {
    signal?.throwIfAborted()
    const queue = new AsyncQueue<Envelope>()
    const onAbort = (): void => subscriber.end(signal?.reason)
    const subscriber: Subscriber = {
      queue,
      filters,
      end: (error) => {
        this.#subscribers.delete(subscriber)
        signal?.removeEventListener('abort', onAbort)
        queue.close(error)
      },
    }
    for (const envelope of since ? this.#log.from(since) : this.#missed()) this.#offer(subscriber, envelope)
    this.#subscribers.add(subscriber)
    signal?.addEventListener('abort', onAbort, { once: true })
    return iterate(subscriber)
  }

  /** Ends every subscription with Canceled. */
  [Symbol.dispose](): void {
    for (const subscriber of this.#subscribers) subscriber.end(new CanceledError('event exchange is closed'))
  }

  /** Shims are back before most clients, which would otherwise never hear of a task that ended meanwhile. */
  #missed(): readonly Envelope[] {
    const ageMs = this.#now().getTime() - this.#startedAt.getTime()
    return ageMs < this.#catchUpMs ? missedEvents(this.#log.all(), this.#startedAt, this.#codec) : []
  }

  #deliver(envelope: Envelope): void {
    this.#log.add(envelope)
    for (const subscriber of this.#subscribers) this.#offer(subscriber, envelope)
    this.#logger.trace('event published', { namespace: envelope.namespace, topic: envelope.topic })
  }

  #offer(subscriber: Subscriber, envelope: Envelope): void {
    if (!matchesAny(subscriber.filters, this.#fields(envelope))) return
    if (subscriber.queue.size < this.#queueLimit) {
      subscriber.queue.offer(envelope)
      return
    }
    subscriber.end(new ResourceExhaustedError(`subscriber left ${this.#queueLimit} events unread`))
    this.#logger.warn('event subscriber too slow', { limit: this.#queueLimit })
  }

  #fields(envelope: Envelope): FieldLookup {
    return ([field, ...rest]) => {
      if (field === 'event') return rest.length === 0 ? undefined : this.#codec.field(envelope.event, rest)
      if (rest.length > 0) return undefined
      if (field === 'namespace') return envelope.namespace
      return field === 'topic' ? envelope.topic : undefined
    }
  }
}

/** Leaving the loop ends the subscription, also before the first event. */
const iterate = ({ queue, end }: Subscriber): AsyncIterable<Envelope> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => queue.next(),
    return: () => {
      end()
      return Promise.resolve({ done: true, value: undefined })
    },
  }),
})
