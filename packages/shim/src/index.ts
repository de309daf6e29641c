// SPDX-License-Identifier: Apache-2.0
export { parseFlags, UsageError } from './flags.ts'
export { runShim } from './main.ts'
export type { CleanupRequest, CleanupResult, ShimDefinition, ShimHost, ShimService, ShimVersion } from './definition.ts'
export type { EventPublisher, EventPublisherInit, EventSink } from './event-publisher.ts'
export type { ExitMonitor, ProcessExit } from './exit-monitor.ts'
export type { ShimFlags } from './flags.ts'
