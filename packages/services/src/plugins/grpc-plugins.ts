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
import { Mounts } from '@containerd-ts/api/services/mounts/v1/mounts_pb'
import { Namespaces } from '@containerd-ts/api/services/namespaces/v1/namespace_pb'
import {
  Controller as SandboxControllerApi,
  Store as SandboxStore,
} from '@containerd-ts/api/services/sandbox/v1/sandbox_pb'
import { Snapshots } from '@containerd-ts/api/services/snapshots/v1/snapshots_pb'
import { Streaming } from '@containerd-ts/api/services/streaming/v1/streaming_pb'
import { Tasks } from '@containerd-ts/api/services/tasks/v1/tasks_pb'
import { Transfer } from '@containerd-ts/api/services/transfer/v1/transfer_pb'
import { Events as TtrpcEvents } from '@containerd-ts/api/services/ttrpc/events/v1/events_pb'
import { Version } from '@containerd-ts/api/services/version/v1/version_pb'
import { NotFoundError } from '@containerd-ts/errdefs'
import {
  definePlugin,
  EventExchanges,
  LeaseManagers,
  MetadataStores,
  MountManagers,
  SandboxControllers,
  StreamManagers,
  Transferrers,
} from '@containerd-ts/plugin'
import type { AnyPlugin, ConfigTable, PluginContext, Slot } from '@containerd-ts/plugin'
import { HealthService, registerReflection } from '@containerd-ts/rpc/server'
import { GrpcServices } from '@containerd-ts/rpc/slot'
import { TtrpcServices } from '@containerd-ts/ttrpc/slot'
import { fromEnvelope } from '@containerd-ts/wire'
import { eventsService } from '../events.ts'
import { leasesService } from '../leases.ts'
import { mountsService } from '../mounts.ts'
import { servicesOf } from '../reflection.ts'
import { required } from '../required.ts'
import { sandboxControllerService } from '../sandbox-controller.ts'
import { sandboxStoreService } from '../sandbox-store.ts'
import { streamingService } from '../streaming.ts'
import { transferService } from '../transfer.ts'
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

const healthPlugin: AnyPlugin = definePlugin({
  slot: GrpcServices,
  id: 'healthcheck',
  init: () => (router) => new HealthService().register(router),
})

const reflectionPlugin: AnyPlugin = definePlugin({
  slot: GrpcServices,
  id: 'reflection',
  init:
    ({ all }) =>
    (router) =>
      registerReflection(router, () => servicesOf(all(GrpcServices).values())),
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
  served(
    'sandbox-controllers',
    SandboxControllerApi,
    [SandboxControllers, MetadataStores, EventExchanges],
    ({ get, all }) =>
      sandboxControllerService({
        metadata: get(MetadataStores),
        controllers: all(SandboxControllers),
        events: get(EventExchanges),
      }),
  ),
  served('mounts', Mounts, [MountManagers], ({ get }) => mountsService(get(MountManagers))),
  served('streaming', Streaming, [StreamManagers], ({ get }) => streamingService(get(StreamManagers))),
  served('transfer', Transfer, [Transferrers, StreamManagers], ({ get }) =>
    transferService({ transferrer: get(Transferrers), streams: get(StreamManagers) }),
  ),
  served('version', Version, [], ({ daemon }) => versionService(daemon)),
  healthPlugin,
  reflectionPlugin,
  ttrpcEventsPlugin,
]
