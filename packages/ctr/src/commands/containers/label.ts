// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import type { Labels } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { joinLabels, parseLabels } from '../../output/units.ts'

export default class ContainersLabel extends CtrCommand<Labels> {
  static override summary = 'set and clear labels of a container'
  static override strict = false
  static override usage = '[command options] ID [KEY=VALUE...]'
  static override args = { id: Args.string({ required: true, description: 'container id' }) }

  override async run(): Promise<Labels> {
    const { args, argv } = await this.parse(ContainersLabel)
    const labels = parseLabels((argv as string[]).slice(1))
    await using client = this.connect()
    const { containers } = this.namespaceOf(client)
    const before = await containers.get(args.id, { signal: this.signal })
    const paths = Object.keys(labels).map((key) => `labels.${key}`)
    const container =
      paths.length === 0 ? before : await containers.update({ ...before, labels }, paths, { signal: this.signal })
    this.printLine(joinLabels(container.labels))
    return container.labels
  }
}
