// SPDX-License-Identifier: Apache-2.0
import type { DescService } from '@bufbuild/protobuf'
import type { ServiceImpl } from '@connectrpc/connect'
import type { Containers } from '@containerd-ts/api/services/containers/v1/containers_pb'
import type { Content } from '@containerd-ts/api/services/content/v1/content_pb'
import type { Diff } from '@containerd-ts/api/services/diff/v1/diff_pb'
import type { Images } from '@containerd-ts/api/services/images/v1/images_pb'
import type { Introspection } from '@containerd-ts/api/services/introspection/v1/introspection_pb'
import type { Namespaces } from '@containerd-ts/api/services/namespaces/v1/namespace_pb'
import type { Snapshots } from '@containerd-ts/api/services/snapshots/v1/snapshots_pb'
import type { Tasks } from '@containerd-ts/api/services/tasks/v1/tasks_pb'
import type { Differ } from '@containerd-ts/core'
import { NotFoundError } from '@containerd-ts/errdefs'
import {
  definePlugin,
  defineSlot,
  DeprecationLogs,
  Differs,
  EventExchanges,
  GcSchedulers,
  MetadataStores,
  Runtimes,
  TaskMonitors,
} from '@containerd-ts/plugin'
import type { AnyPlugin, ConfigTable, PluginContext, Slot } from '@containerd-ts/plugin'
import { containersService } from '../containers.ts'
import { contentService } from '../content.ts'
import { diffService } from '../diff.ts'
import { imagesService } from '../images.ts'
import { daemonUuid } from '../daemon-uuid.ts'
import { introspectionService } from '../introspection.ts'
import { namespacesService } from '../namespaces.ts'
import { snapshotsService } from '../snapshots.ts'
import { MemoryDeprecationLog } from '../deprecations.ts'
import { tasksService } from '../tasks.ts'

const type = 'io.containerd.service.v1'
const slotOf = <S extends DescService>(): Slot<ServiceImpl<S>> => defineSlot<ServiceImpl<S>>(type)

/** The original's inner layer: one instance per service, apart from the socket it is served on. */
export const Services = {
  any: defineSlot<object>(type),
  containers: slotOf<typeof Containers>(),
  content: slotOf<typeof Content>(),
  diff: slotOf<typeof Diff>(),
  images: slotOf<typeof Images>(),
  introspection: slotOf<typeof Introspection>(),
  namespaces: slotOf<typeof Namespaces>(),
  snapshots: slotOf<typeof Snapshots>(),
  tasks: slotOf<typeof Tasks>(),
} as const

const defaultStateTimeoutMs = 2000

const service = <T>(
  slot: Slot<T>,
  id: string,
  requires: readonly Slot<unknown>[],
  init: (context: PluginContext<ConfigTable>) => T,
): AnyPlugin => definePlugin({ slot, id, requires, init })

const deprecationsPlugin: AnyPlugin = definePlugin({
  slot: DeprecationLogs,
  id: 'deprecations',
  init: () => new MemoryDeprecationLog(),
})

const diffPlugin: AnyPlugin = definePlugin({
  slot: Services.diff,
  id: 'diff-service',
  requires: [Differs],
  defaults: { default: ['walking'] as readonly string[], sync_fs: false },
  init({ config, get, getById }) {
    const differs = config.default.map((id) => {
      const differ = getById(Differs, id)
      if (differ === undefined) throw NotFoundError.of('differ', id)
      return differ
    })
    return diffService({ metadata: get(MetadataStores), differs, syncFs: config.sync_fs })
  },
})

/** Checkpoints are made of directories of this machine: the daemon's own differ, whatever others there are. */
function ownDiffer(differs: ReadonlyMap<string, Differ>): Differ {
  const differ = differs.get('walking') ?? differs.values().next().value
  if (differ === undefined) throw NotFoundError.of('differ', 'walking')
  return differ
}

export const servicePlugins: readonly AnyPlugin[] = [
  deprecationsPlugin,
  service(Services.containers, 'containers-service', [EventExchanges, MetadataStores], ({ get }) =>
    containersService(get(MetadataStores)),
  ),
  service(Services.namespaces, 'namespaces-service', [EventExchanges, MetadataStores], ({ get }) =>
    namespacesService(get(MetadataStores)),
  ),
  service(Services.content, 'content-service', [MetadataStores], ({ get }) => contentService(get(MetadataStores))),
  service(Services.snapshots, 'snapshots-service', [MetadataStores], ({ get }) =>
    snapshotsService(get(MetadataStores)),
  ),
  service(Services.images, 'images-service', [MetadataStores, GcSchedulers], ({ get }) =>
    imagesService(get(MetadataStores)),
  ),
  diffPlugin,
  service(
    Services.tasks,
    'tasks-service',
    [EventExchanges, Runtimes, MetadataStores, TaskMonitors, Differs, DeprecationLogs],
    ({ get, all, daemon }) =>
      tasksService({
        metadata: get(MetadataStores),
        tasks: get(Runtimes),
        monitor: get(TaskMonitors),
        differ: ownDiffer(all(Differs)),
        deprecations: all(DeprecationLogs).get('deprecations'),
        stateTimeoutMs: daemon.timeoutsMs['io.containerd.timeout.task.state'] ?? defaultStateTimeoutMs,
      }),
  ),
  service(Services.introspection, 'introspection-service', [DeprecationLogs], ({ daemon, records, all }) =>
    introspectionService({
      uuid: daemonUuid(daemon.root),
      records,
      deprecations: () => [...all(DeprecationLogs).values()].flatMap((log) => log.list()),
    }),
  ),
]
