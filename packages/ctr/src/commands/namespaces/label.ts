// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { parseNamespace } from '@containerd-ts/core'
import type { Labels } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { parseLabels } from '../../output/units.ts'

export default class NamespacesLabel extends CtrCommand<Labels> {
  static override summary = 'set and clear labels of a namespace'
  static override strict = false
  static override usage = '[command options] NAME KEY=VALUE...'
  static override args = { name: Args.string({ required: true, description: 'name of the namespace' }) }

  override async run(): Promise<Labels> {
    const { args, argv } = await this.parse(NamespacesLabel)
    const labels = parseLabels((argv as string[]).slice(1))
    await using client = this.connect()
    const paths = Object.keys(labels).map((key) => `labels.${key}`)
    if (paths.length === 0) return labels // an update without paths replaces all of them
    await client.namespaces.update(parseNamespace(args.name), labels, paths, { signal: this.signal })
    return labels
  }
}
