// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { fromTimestamp } from '@containerd-ts/api'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { formatTable, wide } from '../../output/table.ts'

interface DeprecationRow {
  readonly id: string
  readonly message: string
  readonly lastOccurrence: string
}

export default class DeprecationsList extends CtrCommand<readonly DeprecationRow[]> {
  static override summary = 'list deprecated features that were used'
  static override flags = {
    format: Flags.string({ summary: 'default or json', options: ['default', 'json'], default: 'default' }),
  }

  override async run(): Promise<readonly DeprecationRow[]> {
    const { flags } = await this.parse(DeprecationsList)
    process.env['CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS'] = 'true' // they are the result here
    await using client = this.connect()
    const { deprecations } = await client.introspection.server({ signal: this.signal })
    const rows = deprecations.map(({ id, message, lastOccurrence }) => ({
      id,
      message,
      lastOccurrence: fromTimestamp(lastOccurrence)?.toISOString() ?? '',
    }))
    if (flags.format === 'json') this.printLine(JSON.stringify(rows, undefined, 4))
    else if (rows.length > 0) {
      const cells = rows.map(({ id, lastOccurrence, message }) => [id, lastOccurrence, message])
      this.print(formatTable([['ID', 'LAST OCCURRENCE', 'MESSAGE', ''], ...cells], wide))
    }
    return rows
  }
}
