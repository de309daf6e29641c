// SPDX-License-Identifier: Apache-2.0
export { parseConfig } from './config.ts'
export { definePlugin, pluginUri } from './definition.ts'
export { isSkipPlugin, SkipPluginError } from './errors.ts'
export { PluginGraph } from './graph.ts'
export { loadOrder } from './order.ts'
export { defineSlot } from './slot.ts'
export {
  ContainerMonitors,
  ContentStores,
  Differs,
  EventExchanges,
  GcSchedulers,
  DeprecationLogs,
  ImageVerifiers,
  LeaseManagers,
  MetadataStores,
  Mounters,
  MountHandlers,
  MountManagers,
  Runtimes,
  SandboxControllers,
  Snapshotters,
  StreamManagers,
  TaskMonitors,
  Transferrers,
} from './slots.ts'
export type { ConfigTable, ConfigValue, ParsedConfig } from './config.ts'
export type { AnyPlugin, DaemonInfo, PluginContext, PluginDefinition, PluginMeta } from './definition.ts'
export type { GraphOptions } from './graph.ts'
export type { PluginRecord, PluginState } from './record.ts'
export type { Slot } from './slot.ts'
