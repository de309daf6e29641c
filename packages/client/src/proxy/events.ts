// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { Events } from '@containerd-ts/api/services/events/v1/events_pb'
import type { Envelope, Filter, SubscribeOptions, TypedAny } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { eventsSinceHeader, fromEnvelope, toAny, toEnvelope } from '@containerd-ts/wire'
import { filterTexts, scopeOf } from './scope.ts'
import type { Namespace } from '@containerd-ts/core'

/** The daemon's events, of every namespace. */
export interface EventsClient {
  publish(namespace: Namespace, topic: string, event: TypedAny): Promise<void>
  forward(envelope: Envelope): Promise<void>
  /** Subscribed once this returns, not when the first event is read. */
  subscribe(filters?: readonly Pick<Filter, 'text'>[], options?: SubscribeOptions): AsyncIterable<Envelope>
}

export function eventsProxy(transport: Transport): EventsClient {
  const client = createClient(Events, transport)
  return {
    async publish(namespace, topic, event) {
      await client.publish({ topic, event: toAny(event) }, scopeOf(namespace)(undefined))
    },

    async forward(envelope) {
      await client.forward({ envelope: toEnvelope(envelope) })
    },

    subscribe(filters, options) {
      const headers = options?.since === undefined ? {} : { [eventsSinceHeader]: String(options.since.getTime()) }
      const stream = client.subscribe({ filters: filterTexts(filters) }, { ...scopeOf()(options), headers })
      return mapped(stream)
    },
  }
}

async function* mapped(stream: AsyncIterable<Parameters<typeof fromEnvelope>[0]>): AsyncGenerator<Envelope> {
  for await (const message of stream) yield fromEnvelope(message)
}
