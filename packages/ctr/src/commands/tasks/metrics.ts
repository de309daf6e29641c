// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { NotFoundError } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { metricRows, metricsJson } from '../../output/metrics.ts'
import { formatTable } from '../../output/table.ts'
import { goTime } from '../../output/go-time.ts'

export default class TasksMetrics extends CtrCommand<unknown> {
  static override summary = 'print what a container uses'
  static override args = { id: Args.string({ required: true, description: 'container id' }) }
  static override flags = {
    format: Flags.string({ summary: 'table or json', options: ['table', 'json'], default: 'table' }),
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(TasksMetrics)
    await using client = this.connect()
    const { tasks } = this.namespaceOf(client)
    await tasks.get(args.id, { signal: this.signal })
    const [metrics] = await tasks.metrics([`id==${args.id}`], { signal: this.signal })
    if (metrics === undefined) throw new NotFoundError(`no metrics of ${args.id}`)
    const json = await metricsJson(metrics.data)
    if (flags.format === 'json') this.printLine(JSON.stringify(json, undefined, 2))
    else {
      const style = { minWidth: 1, tabWidth: 8, padding: 4, padChar: ' ' } as const
      const rows = await metricRows(metrics.data)
      const head = [['ID', 'TIMESTAMP', ''], [metrics.id, goTime(new Date()), ''], ['']]
      this.print(formatTable([...head, ['METRIC', 'VALUE', ''], ...rows.map((row) => [...row, ''])], style))
    }
    return json
  }
}
