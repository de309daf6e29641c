// SPDX-License-Identifier: Apache-2.0
// The service that takes a shim's events, by hand: the generated messages would be most of what a shim loads.
import { nested, plainAny, plainEmpty, plainMessage, plainTimestamp, text, unary } from '@containerd-ts/ttrpc'

const envelope = plainMessage('containerd.types.Envelope', {
  timestamp: nested(1, plainTimestamp),
  namespace: text(2),
  topic: text(3),
  event: nested(4, plainAny),
})

const forwardRequest = plainMessage('containerd.services.events.ttrpc.v1.ForwardRequest', {
  envelope: nested(1, envelope),
})

export const eventService = {
  typeName: 'containerd.services.events.ttrpc.v1.Events',
  methods: { Forward: unary(forwardRequest, plainEmpty) },
}
