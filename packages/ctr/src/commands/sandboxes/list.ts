// SPDX-License-Identifier: Apache-2.0
import { parseFilters } from '@containerd-ts/core'
import type { Sandbox } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { stringList } from '../../cli/string-list.ts'
import { goTime } from '../../output/go-time.ts'
import { formatTable, narrow } from '../../output/table.ts'

export default class SandboxesList extends CtrCommand<readonly Sandbox[]> {
  static override summary = 'list sandboxes'
  static override flags = { filters: stringList({ summary: 'show those that pass a filter' }) }

  override async run(): Promise<readonly Sandbox[]> {
    const { flags } = await this.parse(SandboxesList)
    await using client = this.connect()
    const { sandboxes } = this.namespaceOf(client)
    const found = await Array.fromAsync(sandboxes.list(parseFilters(flags.filters ?? []), { signal: this.signal }))
    const rows = found.map(({ id, createdAt, runtime }) => [id, goTime(createdAt), runtime.name, ''])
    this.print(formatTable([['ID', 'CREATED', 'RUNTIME', ''], ...rows], narrow))
    return found
  }
}
