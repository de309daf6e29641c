// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { preciseTime, toTimestamp } from '@containerd-ts/api'
import { EnvelopeSchema } from '@containerd-ts/api/types/event_pb'
import type { Envelope as EnvelopeMessage } from '@containerd-ts/api/types/event_pb'
import type { Envelope } from '@containerd-ts/core'
import { toAny } from './any.ts'
import { epoch } from './time.ts'

/** Request header by which our own clients ask for retained events: milliseconds since 1970. */
export const eventsSinceHeader = 'containerd-ts-events-since'

export const toEnvelope = (envelope: Envelope): EnvelopeMessage =>
  create(EnvelopeSchema, {
    timestamp: toTimestamp({ date: envelope.timestamp, nanos: envelope.timestampNanos ?? 0 }),
    namespace: envelope.namespace,
    topic: envelope.topic,
    event: toAny(envelope.event),
  })

/** Year 1, for a zero time, stays itself, so that the exchange can refuse it; an absent one reads as 1970. */
export function fromEnvelope(message: EnvelopeMessage): Envelope {
  const time = message.timestamp === undefined ? { date: epoch, nanos: 0 } : preciseTime(message.timestamp)
  return {
    timestamp: time?.date ?? new Date('0001-01-01T00:00:00Z'),
    timestampNanos: time?.nanos ?? 0,
    namespace: message.namespace,
    topic: message.topic,
    event: { typeUrl: message.event?.typeUrl ?? '', value: message.event?.value ?? new Uint8Array() },
  }
}
