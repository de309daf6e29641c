// SPDX-License-Identifier: Apache-2.0
// A containerd of your own: blobs, metadata, the plain-copy snapshotter and nothing else. Usage: compose.ts DIRECTORY
import { connectContainerd } from '@containerd-ts/client'
import { contentPlugin } from '@containerd-ts/content/plugin'
import { eventsPlugin } from '@containerd-ts/events/plugin'
import { gcPlugin, leasePlugin, metadataPlugin } from '@containerd-ts/metadata/plugin'
import { LabelKey } from '@containerd-ts/core'
import { createDaemon, grpcServerPlugin } from '@containerd-ts/server'
import { grpcPlugins, servicePlugins } from '@containerd-ts/services/plugins'
import { nativePlugin } from '@containerd-ts/snapshotter-native/plugin'
import { storePlugin } from '@containerd-ts/store/plugin'
import { protobufEvents } from '@containerd-ts/wire/events'

const [directory = '/tmp/my-containerd'] = process.argv.slice(2)
const records = [
  storePlugin,
  contentPlugin,
  eventsPlugin(protobufEvents),
  nativePlugin,
  metadataPlugin,
  gcPlugin,
  leasePlugin,
]
const plugins = [...records, ...servicePlugins, ...grpcPlugins, grpcServerPlugin]
await using daemon = await createDaemon({ plugins, config: { root: `${directory}/root`, state: `${directory}/state` } })

await using client = connectContainerd({ address: daemon.address })
await client
  .in('default')
  .snapshotter('native')
  .prepare('mine', undefined, { labels: { [LabelKey.gcRoot]: 'yes' } })
console.log(
  await client.introspection.version(),
  await Array.fromAsync(client.in('default').snapshotter('native').list()),
)
