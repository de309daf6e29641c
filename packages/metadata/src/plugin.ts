// SPDX-License-Identifier: Apache-2.0
import {
  ContentStores,
  definePlugin,
  EventExchanges,
  GcSchedulers,
  LeaseManagers,
  MetadataStores,
  Snapshotters,
} from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { Stores } from '@containerd-ts/store/plugin'
import { parseDuration } from '@containerd-ts/lifecycle'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { GcScheduler } from './gc/scheduler.ts'
import { createMetadata } from './lmdb-metadata.ts'

export const metadataPlugin: AnyPlugin = definePlugin({
  slot: MetadataStores,
  id: 'lmdb',
  aliases: ['bolt'],
  requires: [Stores, ContentStores, EventExchanges, Snapshotters],
  defaults: { content_sharing_policy: 'shared', no_sync: false },
  async init({ config, get, all, logger, meta }) {
    const policy = config.content_sharing_policy
    if (policy !== 'shared' && policy !== 'isolated') throw new InvalidArgumentError(`unknown policy: ${policy}`)
    const store = get(Stores)
    meta.exports['policy'] = policy
    meta.exports['path'] = store.path
    return await createMetadata({
      store: store.sub('metadata'),
      content: get(ContentStores),
      snapshotters: Object.fromEntries(all(Snapshotters)),
      events: get(EventExchanges),
      logger,
      contentSharingPolicy: policy,
    })
  },
})

export const gcPlugin: AnyPlugin = definePlugin({
  slot: GcSchedulers,
  id: 'scheduler',
  requires: [MetadataStores],
  defaults: {
    pause_threshold: 0.02,
    deletion_threshold: 0,
    mutation_threshold: 100,
    schedule_delay: '0s',
    startup_delay: '100ms',
  },
  init({ config, get, logger, meta }) {
    const metadata = get(MetadataStores)
    const scheduler = new GcScheduler({
      collector: metadata.collector,
      mutations: metadata,
      logger,
      config: {
        pauseThreshold: config.pause_threshold,
        deletionThreshold: config.deletion_threshold,
        mutationThreshold: config.mutation_threshold,
        scheduleDelayMs: parseDuration(config.schedule_delay),
        startupDelayMs: parseDuration(config.startup_delay),
      },
    })
    metadata.triggerWith(scheduler)
    meta.exports['PauseThreshold'] = String(scheduler.config.pauseThreshold)
    meta.exports['DeletionThreshold'] = String(scheduler.config.deletionThreshold)
    meta.exports['MutationThreshold'] = String(scheduler.config.mutationThreshold)
    meta.exports['ScheduleDelay'] = config.schedule_delay
    return scheduler
  },
})

export const leasePlugin: AnyPlugin = definePlugin({
  slot: LeaseManagers,
  id: 'manager',
  requires: [MetadataStores, GcSchedulers],
  init({ get }) {
    const metadata = get(MetadataStores)
    return { in: (namespace) => metadata.in(namespace).leases }
  },
})
