// SPDX-License-Identifier: Apache-2.0
import type {
  MessageStream,
  Namespace,
  OutsideResource,
  RegisterStreamOptions,
  ResourceCollection,
  ResourceCollector,
  StreamManager,
} from '@containerd-ts/core'
import { AlreadyExistsError, InvalidArgumentError, NotFoundError } from '@containerd-ts/errdefs'

interface Entry {
  readonly namespace: Namespace
  readonly id: string
  readonly stream: MessageStream
  readonly lease: string | undefined
}

const keyOf = (namespace: string, id: string): string => `${namespace}\0${id}`

/** Streams in memory. Takes part in collection: a stream whose lease is gone, and that nothing refers to, is closed. */
export class StreamTable implements StreamManager, ResourceCollector, Disposable {
  readonly kind = 'stream'
  readonly #entries = new Map<string, Entry>()

  /** Streams that are open now. */
  get size(): number {
    return this.#entries.size
  }

  register(namespace: string, id: string, stream: MessageStream, options: RegisterStreamOptions = {}): void {
    if (id === '') throw new InvalidArgumentError('stream id must not be empty')
    const key = keyOf(namespace, id)
    if (this.#entries.has(key)) throw AlreadyExistsError.of('stream', id)
    stream.closed.throwIfAborted()
    const entry: Entry = { namespace: namespace as Namespace, id, stream, lease: options.lease }
    this.#entries.set(key, entry)
    stream.closed.addEventListener('abort', () => this.#forget(entry), { once: true })
  }

  get(namespace: string, id: string): MessageStream {
    const entry = this.#entries.get(keyOf(namespace, id))
    if (entry === undefined) throw NotFoundError.of('stream', id)
    return entry.stream
  }

  start(): ResourceCollection {
    return new StreamCollection([...this.#entries.values()])
  }

  /** Closes every stream. */
  [Symbol.dispose](): void {
    for (const { stream } of this.#entries.values()) stream.close()
  }

  #forget(entry: Entry): void {
    const key = keyOf(entry.namespace, entry.id)
    if (this.#entries.get(key) === entry) this.#entries.delete(key)
  }
}

/** The streams as they were when a cycle began; a later one under the same id is another. */
class StreamCollection implements ResourceCollection {
  readonly #entries: readonly Entry[]
  readonly #dead: Entry[] = []

  constructor(entries: readonly Entry[]) {
    this.#entries = entries
  }

  all(): Iterable<OutsideResource> {
    return this.#entries
  }

  /** A stream without a lease lives as long as its connection. */
  active(): Iterable<OutsideResource> {
    return this.#entries.filter(({ lease }) => lease === undefined)
  }

  leased(namespace: Namespace, lease: string): Iterable<string> {
    return this.#entries.filter((e) => e.namespace === namespace && e.lease === lease).map(({ id }) => id)
  }

  remove({ namespace, id }: OutsideResource): void {
    const entry = this.#entries.find((e) => e.namespace === namespace && e.id === id)
    if (entry !== undefined) this.#dead.push(entry)
  }

  finish(): Promise<void> {
    for (const { stream } of this.#dead) stream.close()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}
