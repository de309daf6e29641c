// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { typeNameOf } from '@containerd-ts/api'
import { goEventJson } from '../../output/event-json.ts'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { formatTable } from '../../output/table.ts'
import type { PidInfo } from '@containerd-ts/core'

interface PidRow {
  readonly pid: number
  readonly info: string
}

export default class TasksPs extends CtrCommand<readonly PidRow[]> {
  static override summary = 'list the processes of a task'
  static override args = { id: Args.string({ required: true, description: 'container id' }) }

  override async run(): Promise<readonly PidRow[]> {
    const { args } = await this.parse(TasksPs)
    await using client = this.connect()
    const task = await this.namespaceOf(client).tasks.get(args.id, { signal: this.signal })
    const rows = await Promise.all((await task.pids({ signal: this.signal })).map(describePid))
    const cells = rows.map(({ pid, info }) => [String(pid), info])
    this.print(formatTable([['PID', 'INFO'], ...cells], { minWidth: 1, tabWidth: 8, padding: 4, padChar: ' ' }))
    return rows
  }
}

/** Details as Go prints a message: `exec_id:"x"`. */
async function describePid({ pid, info }: PidInfo): Promise<PidRow> {
  if (info === undefined) return { pid, info: '-' }
  const fields = JSON.parse(await goEventJson(info)) as Record<string, unknown>
  const text = Object.entries(fields).map(([key, value]) => `${key}:${JSON.stringify(value)}`)
  return { pid, info: text.length === 0 ? typeNameOf(info.typeUrl) : text.join(' ') }
}
