// SPDX-License-Identifier: Apache-2.0
export { LoopHandler } from './loop-handler.ts'
export { MountActivator, openMountActivator } from './mount-activator.ts'
export { MountCollector } from './mount-collector.ts'
export type { LoopCalls } from './loop-handler.ts'
export type { MountActivatorInit } from './mount-activator.ts'
