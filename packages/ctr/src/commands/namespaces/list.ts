// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { formatTable, narrow } from '../../output/table.ts'
import { labelList } from '../../output/units.ts'
import type { NamespaceInfo } from '@containerd-ts/core'

export default class NamespacesList extends CtrCommand<readonly NamespaceInfo[]> {
  static override summary = 'list namespaces'
  static override flags = { quiet: Flags.boolean({ char: 'q', summary: 'print names only' }) }

  override async run(): Promise<readonly NamespaceInfo[]> {
    const { flags } = await this.parse(NamespacesList)
    await using client = this.connect()
    const found = await Array.fromAsync(client.namespaces.list({ signal: this.signal }))
    if (flags.quiet) for (const { name } of found) this.printLine(name)
    else
      this.print(
        formatTable(
          [['NAME', 'LABELS', ''], ...found.map(({ name, labels }) => [name, labelList(labels, ''), ''])],
          narrow,
        ),
      )
    return found
  }
}
