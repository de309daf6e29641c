// SPDX-License-Identifier: Apache-2.0
// The stock daemon without its overlayfs snapshotter, and with an event exchange of ours. Usage: replace.ts DIRECTORY
import { builtins } from '@containerd-ts/daemon'
import { QueueExchange } from '@containerd-ts/events'
import { connectContainerd } from '@containerd-ts/client'
import { definePlugin, EventExchanges, pluginUri } from '@containerd-ts/plugin'
import { LabelKey } from '@containerd-ts/core'
import { createDaemon } from '@containerd-ts/server'
import { protobufEvents } from '@containerd-ts/wire/events'

const topics: string[] = []
const tellingEvents = definePlugin({
  slot: EventExchanges,
  id: 'telling',
  init: () => {
    const codec = {
      ...protobufEvents,
      encode: (event: Parameters<typeof protobufEvents.encode>[0]) => (
        topics.push(event.topic),
        protobufEvents.encode(event)
      ),
    }
    return new QueueExchange({ codec })
  },
})
const left = new Set(['io.containerd.snapshotter.v1.overlayfs', 'io.containerd.event.v1.exchange'])
const plugins = [tellingEvents, ...builtins.filter((plugin) => !left.has(pluginUri(plugin)))]

const [directory = '/tmp/my-containerd'] = process.argv.slice(2)
await using daemon = await createDaemon({ plugins, config: { root: `${directory}/root`, state: `${directory}/state` } })
await using client = connectContainerd({ address: daemon.address })
await client
  .in('default')
  .snapshotter('native')
  .prepare('mine', undefined, { labels: { [LabelKey.gcRoot]: 'yes' } })
console.log(topics)
