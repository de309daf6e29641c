// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import type { IngestStatus } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { formatTable, tabbed } from '../../output/table.ts'
import { decimalSize, humanDuration } from '../../output/units.ts'

export default class ContentActive extends CtrCommand<readonly IngestStatus[]> {
  static override summary = 'list unfinished writes'
  static override args = { match: Args.string({ description: 'regular expression that refs must match' }) }
  static override flags = {
    timeout: Flags.string({ char: 't', summary: 'accepted and ignored, as the original does' }),
    root: Flags.string({ summary: 'accepted and ignored, as the original does' }),
  }

  override async run(): Promise<readonly IngestStatus[]> {
    const { args } = await this.parse(ContentActive)
    await using client = this.connect()
    const pattern = new RegExp(args.match ?? '')
    const all = await Array.fromAsync(this.namespaceOf(client).content.ingests([], { signal: this.signal }))
    const found = all.filter(({ ref }) => pattern.test(ref))
    const now = Date.now()
    const rows = found.map(({ ref, offsetBytes, startedAt }) => [
      ref,
      decimalSize(offsetBytes),
      humanDuration(now - startedAt.getTime()),
      '',
    ])
    this.print(formatTable([['REF', 'SIZE', 'AGE', ''], ...rows], tabbed))
    return found
  }
}
