// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { parseFilters } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { formatTable, wide } from '../../output/table.ts'

interface ContainerRow {
  readonly id: string
  readonly image: string
  readonly runtime: string
}

export default class ContainersList extends CtrCommand<readonly ContainerRow[]> {
  static override summary = 'list containers'
  static override strict = false
  static override usage = '[command options] [FILTER...]'
  static override flags = { quiet: Flags.boolean({ char: 'q', summary: 'print ids only' }) }

  override async run(): Promise<readonly ContainerRow[]> {
    const { flags, argv } = await this.parse(ContainersList)
    await using client = this.connect()
    const listed = this.namespaceOf(client).containers.list(parseFilters(argv as string[]), { signal: this.signal })
    const found = (await Array.fromAsync(listed)).map(({ id, image, runtime }) => ({
      id,
      image,
      runtime: runtime.name,
    }))
    if (flags.quiet) for (const { id } of found) this.printLine(id)
    else {
      const rows = found.map(({ id, image, runtime }) => [id, image === '' ? '-' : image, runtime, ''])
      this.print(formatTable([['CONTAINER', 'IMAGE', 'RUNTIME', ''], ...rows], wide))
    }
    return found
  }
}
