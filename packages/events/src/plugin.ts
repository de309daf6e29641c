// SPDX-License-Identifier: Apache-2.0
import type { EventCodec } from '@containerd-ts/core'
import { definePlugin, EventExchanges } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { QueueExchange } from './queue-exchange.ts'

/** @param codec - how the daemon's own events are encoded; the composer's choice */
export const eventsPlugin = (codec: EventCodec): AnyPlugin =>
  definePlugin({
    slot: EventExchanges,
    id: 'exchange',
    defaults: { retain_count: 500 },
    init: ({ config, logger }) => new QueueExchange({ codec, logger, retainCount: config.retain_count }),
  })
