// SPDX-License-Identifier: Apache-2.0
import { fromBinary } from '@bufbuild/protobuf'
import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import { Events } from '@containerd-ts/api/services/ttrpc/events/v1/events_pb'
import type { Envelope } from '@containerd-ts/api/types/event_pb'
import { TtrpcServer } from '@containerd-ts/ttrpc'

/** Stands in for the daemon: collects the events that shims forward. */
export class EventLog implements AsyncDisposable {
  readonly envelopes: Envelope[] = []
  readonly #server = new TtrpcServer()
  readonly #waiting = new Set<() => void>()

  constructor() {
    this.#server.register(Events, {
      forward: ({ envelope }) => {
        if (envelope !== undefined) this.envelopes.push(envelope)
        for (const wake of this.#waiting) wake()
        return {}
      },
    })
  }

  listen(path: string): Promise<void> {
    return this.#server.listen({ path })
  }

  get topics(): string[] {
    return this.envelopes.map(({ topic }) => topic)
  }

  /** Messages of one topic, decoded. */
  of<S extends DescMessage>(topic: string, schema: S): MessageShape<S>[] {
    return this.envelopes
      .filter((each) => each.topic === topic)
      .map(({ event }) => fromBinary(schema, event?.value ?? new Uint8Array(0)))
  }

  /** Waits until as many events of a topic have come. */
  async until(topic: string, count = 1, timeoutMs = 15_000): Promise<void> {
    const there = (): boolean => this.topics.filter((each) => each === topic).length >= count
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check)
        reject(new Error(`no event ${topic} (${count}) within ${timeoutMs} ms; seen: ${this.topics.join(' ')}`))
      }, timeoutMs)
      const check = (): void => {
        if (!there()) return
        clearTimeout(timer)
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }
}
