// SPDX-License-Identifier: Apache-2.0
import type { Envelope, EventCodec } from '@containerd-ts/core'

/**
 * Of the events seen since `startedAt`, those that concern clients of an earlier daemon, in order: what happened
 * before, and what tasks did that were not created since.
 */
export function missedEvents(seen: readonly Envelope[], startedAt: Date, codec: EventCodec): readonly Envelope[] {
  const taskOf = ({ namespace, event }: Envelope): string =>
    `${namespace}/${codec.field(event, ['container_id']) ?? ''}`
  const young = new Set(seen.filter(({ topic }) => topic === '/tasks/create').map(taskOf))
  return seen.filter((envelope) => {
    if (envelope.timestamp.getTime() < startedAt.getTime()) return true
    return envelope.topic.startsWith('/tasks/') && !young.has(taskOf(envelope))
  })
}
