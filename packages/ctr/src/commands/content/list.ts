// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { parseFilters } from '@containerd-ts/core'
import type { BlobInfo } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { formatTable, tabbed } from '../../output/table.ts'
import { decimalSize, humanDuration, labelList } from '../../output/units.ts'

export default class ContentList extends CtrCommand<readonly BlobInfo[]> {
  static override summary = 'list blobs'
  static override strict = false
  static override usage = '[command options] [FILTER...]'
  static override flags = { quiet: Flags.boolean({ char: 'q', summary: 'print digests only' }) }

  override async run(): Promise<readonly BlobInfo[]> {
    const { flags, argv } = await this.parse(ContentList)
    await using client = this.connect()
    const found = await Array.fromAsync(
      this.namespaceOf(client).content.list(parseFilters(argv as string[]), { signal: this.signal }),
    )
    if (flags.quiet) for (const { digest } of found) this.printLine(digest)
    else {
      const now = Date.now()
      const rows = found.map((blob) => [
        blob.digest,
        decimalSize(blob.sizeBytes),
        humanDuration(now - blob.createdAt.getTime()),
        labelList(blob.labels),
      ])
      this.print(formatTable([['DIGEST', 'SIZE', 'AGE', 'LABELS'], ...rows], tabbed))
    }
    return found
  }
}
