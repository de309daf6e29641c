// SPDX-License-Identifier: Apache-2.0
import type { PluginMeta } from './definition.ts'

/** What became of a plugin. */
export type PluginState =
  | { readonly status: 'ok'; readonly instance: unknown }
  | { readonly status: 'skip' | 'error'; readonly error: Error }

export interface PluginRecord {
  readonly type: string
  readonly id: string
  /** Types of the slots it requires. */
  readonly requires: readonly string[]
  readonly meta: Readonly<PluginMeta>
  readonly state: PluginState
}
