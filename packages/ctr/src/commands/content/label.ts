// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { parseDigest } from '@containerd-ts/core'
import type { Labels } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { joinLabels, parseLabels } from '../../output/units.ts'

export default class ContentLabel extends CtrCommand<Labels> {
  static override summary = 'set and clear labels of a blob'
  static override strict = false
  static override usage = '[command options] DIGEST [KEY=VALUE...]'
  static override args = { digest: Args.string({ required: true, description: 'digest of the blob' }) }

  override async run(): Promise<Labels> {
    const { args, argv } = await this.parse(ContentLabel)
    const labels = parseLabels((argv as string[]).slice(1))
    await using client = this.connect()
    const paths = Object.keys(labels).map((key) => `labels.${key}`)
    const { content } = this.namespaceOf(client)
    const digest = parseDigest(args.digest)
    const blob =
      paths.length === 0
        ? await content.info(digest, { signal: this.signal })
        : await content.update(digest, labels, paths, { signal: this.signal })
    this.printLine(joinLabels(blob.labels))
    return blob.labels
  }
}
