// SPDX-License-Identifier: Apache-2.0
import { pluginUri } from '@containerd-ts/plugin'
import type { AnyPlugin, ConfigTable } from '@containerd-ts/plugin'
import { stringify } from 'smol-toml'
import { mergeConfig } from './merge.ts'
import type { DaemonConfig } from './schema.ts'

/** The configuration as TOML, with every plugin's section filled up with its defaults. */
export function printConfig(config: DaemonConfig, plugins: readonly AnyPlugin[]): string {
  const sections: Record<string, ConfigTable> = {}
  for (const plugin of plugins) {
    const uri = pluginUri(plugin)
    if (Object.keys(plugin.defaults ?? {}).length > 0)
      sections[uri] = mergeConfig(plugin.defaults ?? {}, config.plugins[uri] ?? {})
  }
  const all = { ...config, plugins: { ...config.plugins, ...sections } }
  return `${stringify(all).trimEnd()}\n`
}
