// SPDX-License-Identifier: Apache-2.0
export { ConcurrentCollector } from './gc/collector.ts'
export { GcScheduler } from './gc/scheduler.ts'
export { createMetadata, LmdbMetadata } from './lmdb-metadata.ts'
export type { OutsideResource, ResourceCollection, ResourceCollector } from './gc/resource-collector.ts'
export type { GcSchedulerConfig, GcSchedulerInit } from './gc/scheduler.ts'
export type { MetadataInit } from './lmdb-metadata.ts'
export type { ContentSharingPolicy } from './metadata-state.ts'
