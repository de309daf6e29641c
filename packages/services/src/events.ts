// SPDX-License-Identifier: Apache-2.0
import type { ServiceImpl } from '@connectrpc/connect'
import type { Events } from '@containerd-ts/api/services/events/v1/events_pb'
import { parseFilters } from '@containerd-ts/core'
import type { EventExchange } from '@containerd-ts/core'
import { describe, UnknownError } from '@containerd-ts/errdefs'
import { eventsSinceHeader, fromAny, fromEnvelope, toEnvelope } from '@containerd-ts/wire'
import { namespaceOf, optionsOf } from './call.ts'
import { required } from './required.ts'

/** containerd.services.events.v1.Events */
export const eventsService = (exchange: EventExchange): ServiceImpl<typeof Events> => ({
  async publish({ topic, event }, context) {
    await exchange.publishEncoded(namespaceOf(context), topic, required(fromAny(event), 'event'))
    return {}
  },

  async forward({ envelope }) {
    await exchange.forward(fromEnvelope(required(envelope, 'envelope')))
    return {}
  },

  async *subscribe({ filters }, context) {
    const since = context.requestHeader.get(eventsSinceHeader)
    const options = { ...optionsOf(context), since: since === null ? undefined : new Date(Number(since)) }
    try {
      for await (const envelope of exchange.subscribe(parseFilters(filters), options)) yield toEnvelope(envelope)
    } catch (cause) {
      if (context.signal.aborted) return
      throw new UnknownError(`subscription error: ${describe(cause)}`) // the original's code for every failure here
    }
  },
})
