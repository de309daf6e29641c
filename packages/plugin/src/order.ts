// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { pluginUri } from './definition.ts'
import type { AnyPlugin } from './definition.ts'

/**
 * Load order: as registered, but every plugin comes after all plugins of the slots it requires.
 * @throws {InvalidArgumentError} two plugins of one id, or plugins that require each other
 */
export function loadOrder(plugins: readonly AnyPlugin[]): AnyPlugin[] {
  const bySlot = Map.groupBy(plugins, (plugin) => plugin.slot.type)
  const seen = new Set<string>()
  for (const plugin of plugins) {
    const uri = pluginUri(plugin)
    if (seen.has(uri)) throw new InvalidArgumentError(`plugin ${uri} is registered twice`)
    seen.add(uri)
  }
  const ordered: AnyPlugin[] = []
  const state = new Map<AnyPlugin, 'open' | 'done'>()
  const visit = (plugin: AnyPlugin, path: readonly string[]): void => {
    const uri = pluginUri(plugin)
    if (state.get(plugin) === 'done') return
    if (state.get(plugin) === 'open')
      throw new InvalidArgumentError(`plugins require each other: ${[...path, uri].join(' -> ')}`)
    state.set(plugin, 'open')
    for (const slot of plugin.requires ?? []) {
      for (const needed of bySlot.get(slot.type) ?? []) if (needed !== plugin) visit(needed, [...path, uri])
    }
    state.set(plugin, 'done')
    ordered.push(plugin)
  }
  for (const plugin of plugins) visit(plugin, [])
  return ordered
}
