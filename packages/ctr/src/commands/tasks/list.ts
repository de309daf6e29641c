// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { formatTable, wide } from '../../output/table.ts'

interface TaskRow {
  readonly id: string
  readonly pid: number
  readonly status: string
}

export default class TasksList extends CtrCommand<readonly TaskRow[]> {
  static override summary = 'list tasks'
  static override flags = { quiet: Flags.boolean({ char: 'q', summary: 'print ids only' }) }

  override async run(): Promise<readonly TaskRow[]> {
    const { flags } = await this.parse(TasksList)
    await using client = this.connect()
    const states = await this.namespaceOf(client).tasks.list({ signal: this.signal })
    const rows = states.map(({ id, pid, status }) => ({ id, pid, status: status.toUpperCase() }))
    if (flags.quiet) for (const { id } of rows) this.printLine(id)
    else
      this.print(
        formatTable(
          [['TASK', 'PID', 'STATUS', ''], ...rows.map(({ id, pid, status }) => [id, String(pid), status])],
          wide,
        ),
      )
    return rows
  }
}
