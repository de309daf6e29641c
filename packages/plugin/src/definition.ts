// SPDX-License-Identifier: Apache-2.0
import type { Logger } from '@containerd-ts/core'
import type { ConfigTable } from './config.ts'
import type { PluginRecord } from './record.ts'
import type { Slot } from './slot.ts'

/** Where the daemon lives; the same for every plugin. */
export interface DaemonInfo {
  /** Persistent root directory. */
  readonly root: string
  /** Directory that lasts until the next boot. */
  readonly state: string
  /** Version as clients see it, and the revision it was built from. */
  readonly version: string
  readonly revision: string
  /** Socket of the gRPC server. */
  readonly address: string
  /** Socket of the ttrpc server. */
  readonly ttrpcAddress: string
  /** Path of the daemon's own executable, handed to shims. */
  readonly executable: string
  /** The log shows debug lines: whatever the daemon starts should write them too. */
  readonly debug: boolean
  /** `[timeouts]` in milliseconds, by the original's keys. */
  readonly timeoutsMs: Readonly<Record<string, number>>
  /** `[stream_processors]`, by id. */
  readonly streamProcessors: ConfigTable
}

/** What a plugin says of itself beside its instance; shown by introspection. */
export interface PluginMeta {
  platforms: { os: string; architecture: string; variant?: string | undefined }[]
  exports: Record<string, string>
  capabilities: string[]
}

export interface PluginContext<C extends ConfigTable> {
  readonly config: C
  /** `<root>/<type>.<id>`; the plugin creates it, with the mode it wants. */
  readonly rootDir: string
  /** `<state>/<type>.<id>`; the plugin creates it, with the mode it wants. */
  readonly stateDir: string
  readonly daemon: DaemonInfo
  readonly logger: Logger
  readonly meta: PluginMeta
  /** Fires when the daemon stops. */
  readonly signal: AbortSignal
  /**
   * The only instance of a slot.
   * @throws {NotFoundError} none is loaded @throws {FailedPreconditionError} more than one is
   */
  get<T>(slot: Slot<T>): T
  /** The instance of that id, if it is loaded. */
  getById<T>(slot: Slot<T>, id: string): T | undefined
  /** Every loaded instance of a slot by id, in load order. */
  all<T>(slot: Slot<T>): ReadonlyMap<string, T>
  /** Every plugin that was tried so far; complete once the daemon runs. */
  readonly records: readonly PluginRecord[]
}

/**
 * One plugin: reads its configuration, asks for contracts, builds one object.
 * An instance with `Symbol.asyncDispose` or `Symbol.dispose` is disposed at shutdown, in reverse order of initialisation.
 */
export interface PluginDefinition<T, C extends ConfigTable = ConfigTable> {
  readonly slot: Slot<T>
  readonly id: string
  /** Other ids that configuration and clients may use for this plugin. */
  readonly aliases?: readonly string[]
  /** Slots whose plugins come first. A slot that nobody fills is no error by itself. */
  readonly requires?: readonly Slot<unknown>[]
  /** Configuration section with its default values; `config default` prints it. */
  readonly defaults?: C
  init(context: PluginContext<C>): Promise<T> | T
}

/** A definition whose types are hidden, as lists hold it. */
export interface AnyPlugin {
  readonly slot: Slot<unknown>
  readonly id: string
  readonly aliases?: readonly string[]
  readonly requires?: readonly Slot<unknown>[]
  readonly defaults?: ConfigTable
  init(context: PluginContext<ConfigTable>): unknown
}

/** Full id, such as `io.containerd.snapshotter.v1.overlayfs`. */
export const pluginUri = (plugin: Pick<AnyPlugin, 'slot' | 'id'>): string => `${plugin.slot.type}.${plugin.id}`

/** Checks a definition's types, then hides them. */
export const definePlugin = <T, C extends ConfigTable = Readonly<Record<string, never>>>(
  definition: PluginDefinition<T, C>,
): AnyPlugin => definition
