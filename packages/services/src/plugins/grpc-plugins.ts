// SPDX-License-Identifier: Apache-2.0
import type { DescService } from '@bufbuild/protobuf'
import type { ServiceImpl } from '@connectrpc/connect'
import { Containers } from '@containerd-ts/api/services/containers/v1/containers_pb'
import { Content } from '@containerd-ts/api/services/content/v1/content_pb'
import { Diff } from '@containerd-ts/api/services/diff/v1/diff_pb'
import { Events } from '@containerd-ts/api/services/events/v1/events_pb'
import { Images } from '@containerd-ts/api/services/images/v1/images_pb'
import { Introspection } from '@containerd-ts/api/services/introspection/v1/introspection_pb'
import { Leases } from '@containerd-ts/api/services/leases/v1/leases_pb'
import { Namespaces } from '@containerd-ts/api/services/namespaces/v1/namespace_pb'
import { Store as SandboxStore } from '@containerd-ts/api/services/sandbox/v1/sandbox_pb'
import { Snapshots } from '@containerd-ts/api/services/snapshots/v1/snapshots_pb'
import { Tasks } from '@containerd-ts/api/services/tasks/v1/tasks_pb'
import { Events as TtrpcEvents } from '@containerd-ts/api/services/ttrpc/events/v1/events_pb'
import { Version } from '@containerd-ts/api/services/version/v1/version_pb'
import { NotFoundError } from '@containerd-ts/errdefs'
import { definePlugin, EventExchanges, LeaseManagers, MetadataStores } from '@containerd-ts/plugin'
import type { AnyPlugin, ConfigTable, PluginContext, Slot } from '@containerd-ts/plugin'
import { GrpcServices } from '@containerd-ts/rpc/slot'
import { TtrpcServices } from '@containerd-ts/ttrpc/slot'
import { fromEnvelope } from '@containerd-ts/wire'
import { eventsService } from '../events.ts'
import { leasesService } from '../leases.ts'
import { required } from '../required.ts'
import { sandboxStoreService } from '../sandbox-store.ts'
import { versionService } from '../version.ts'
import { Services } from './service-plugins.ts'

/** Serves an implementation on the gRPC socket. */
const served = <S extends DescService>(
  id: string,
  service: S,
  requires: readonly Slot<unknown>[],
  implement: (context: PluginContext<ConfigTable>) => ServiceImpl<S>,
): AnyPlugin =>
  definePlugin({
    slot: GrpcServices,
    id,
    requires,
    init(context) {
      const implementation = implement(context)
      return (router) => void router.service(service, implementation)
    },
  })

/** Serves the instance of an inner service plugin. */
const front = <S extends DescService>(id: string, service: S, slot: Slot<ServiceImpl<S>>): AnyPlugin =>
  served(id, service, [Services.any], ({ getById }) => {
    const inner = getById(slot, `${id}-service`)
    if (inner === undefined) throw NotFoundError.of('plugin', `${slot.type}.${id}-service`)
    return inner
  })

const ttrpcEventsPlugin: AnyPlugin = definePlugin({
  slot: TtrpcServices,
  id: 'events',
  requires: [EventExchanges],
  init({ get }) {
    const exchange = get(EventExchanges)
    return (server) => {
      server.register(TtrpcEvents, {
        async forward({ envelope }) {
          await exchange.forward(fromEnvelope(required(envelope, 'envelope')))
          return {}
        },
      })
    }
  },
})

export const grpcPlugins: readonly AnyPlugin[] = [
  front('containers', Containers, Services.containers),
  front('content', Content, Services.content),
  front('diff', Diff, Services.diff),
  front('images', Images, Services.images),
  front('introspection', Introspection, Services.introspection),
  front('namespaces', Namespaces, Services.namespaces),
  front('snapshots', Snapshots, Services.snapshots),
  front('tasks', Tasks, Services.tasks),
  served('events', Events, [EventExchanges], ({ get }) => eventsService(get(EventExchanges))),
  served('leases', Leases, [LeaseManagers], ({ get }) => leasesService(get(LeaseManagers))),
  served('sandboxes', SandboxStore, [MetadataStores], ({ get }) => sandboxStoreService(get(MetadataStores))),
  served('version', Version, [], ({ daemon }) => versionService(daemon)),
  ttrpcEventsPlugin,
]
