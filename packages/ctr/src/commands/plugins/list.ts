// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { formatTable, wide } from '../../output/table.ts'
import type { Plugin } from '@containerd-ts/api/services/introspection/v1/introspection_pb'

interface PluginRow {
  readonly type: string
  readonly id: string
  readonly platforms: readonly string[]
  readonly status: string
}

export default class PluginsList extends CtrCommand<readonly PluginRow[]> {
  static override summary = 'list plugins'
  static override strict = false
  static override usage = '[command options] [FILTER...]'
  static override flags = {
    quiet: Flags.boolean({ char: 'q', summary: 'print ids only' }),
    detailed: Flags.boolean({ char: 'd', summary: 'print everything that is known of each plugin' }),
  }

  override async run(): Promise<readonly PluginRow[]> {
    const { flags, argv } = await this.parse(PluginsList)
    await using client = this.connect()
    const plugins = await client.introspection.plugins(argv as string[], { signal: this.signal })
    if (flags.quiet) for (const { id } of plugins) this.printLine(id)
    else if (flags.detailed) this.print(formatTable(plugins.flatMap(details), wide))
    else {
      const rows = plugins.map((plugin) => [
        plugin.type,
        plugin.id,
        platforms(plugin).join(',') || '-',
        status(plugin),
        '',
      ])
      this.print(formatTable([['TYPE', 'ID', 'PLATFORMS', 'STATUS', ''], ...rows], wide))
    }
    return plugins.map((plugin) => ({
      type: plugin.type,
      id: plugin.id,
      platforms: platforms(plugin),
      status: status(plugin),
    }))
  }
}

const platforms = (plugin: Plugin): string[] =>
  plugin.platforms.map(({ os, architecture, variant }) =>
    [os, architecture, variant].filter((part) => part !== '').join('/'),
  )

function status({ initErr }: Plugin): string {
  if (initErr === undefined) return 'ok'
  return initErr.message.includes('skip plugin') ? 'skip' : 'error'
}

/** One labelled block, and a blank row after it. */
function details(plugin: Plugin): string[][] {
  const rows = [
    ['Type:', plugin.type],
    ['ID:', plugin.id],
  ]
  if (plugin.requires.length > 0) rows.push(['Requires:', ''], ...plugin.requires.map((type) => ['', type]))
  if (plugin.platforms.length > 0) rows.push(['Platforms:', platforms(plugin).join(',')])
  const exports = Object.entries(plugin.exports)
  if (exports.length > 0) rows.push(['Exports:', ''], ...exports.map(([key, value]) => ['', key, value]))
  if (plugin.capabilities.length > 0) rows.push(['Capabilities:', plugin.capabilities.join(',')])
  if (plugin.initErr !== undefined) {
    rows.push(['Error:', ''], ['', 'Code:', String(plugin.initErr.code)], ['', 'Message:', plugin.initErr.message])
  }
  return [...rows, ['']]
}
