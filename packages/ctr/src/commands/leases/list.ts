// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { parseFilters } from '@containerd-ts/core'
import type { Lease } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { formatTable, narrow } from '../../output/table.ts'
import { labelList, localTime } from '../../output/units.ts'

export default class LeasesList extends CtrCommand<readonly Lease[]> {
  static override summary = 'list leases'
  static override strict = false
  static override usage = '[command options] [FILTER...]'
  static override flags = { quiet: Flags.boolean({ char: 'q', summary: 'print ids only' }) }

  override async run(): Promise<readonly Lease[]> {
    const { flags, argv } = await this.parse(LeasesList)
    await using client = this.connect()
    const found = await Array.fromAsync(
      this.namespaceOf(client).leases.list(parseFilters(argv as string[]), { signal: this.signal }),
    )
    if (flags.quiet) for (const { id } of found) this.printLine(id)
    else {
      const rows = found.map(({ id, createdAt, labels }) => [id, localTime(createdAt), labelList(labels), ''])
      this.print(formatTable([['ID', 'CREATED AT', 'LABELS', ''], ...rows], narrow))
    }
    return found
  }
}
