// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { LabelKey } from '@containerd-ts/core'
import type { BlobInfo, Labels } from '@containerd-ts/core'
import { CtrCommand } from '../../../cli/ctr-command.ts'

/** References to layers, under their present name and the numbered one of old versions, whose 0 is the config. */
const layerReference = new RegExp(`^${LabelKey.gcRefContent.replaceAll('.', '\\.')}\\.(?:l\\.|[1-9]\\d*$)`)

const layerLabels = (labels: Labels): readonly string[] => Object.keys(labels).filter((key) => layerReference.test(key))

export default class ContentPruneReferences extends CtrCommand<readonly string[]> {
  static override summary = 'drop what ties layers to images, and collect garbage'
  static override flags = {
    async: Flags.boolean({ summary: 'do not wait for the garbage collection' }),
    dry: Flags.boolean({ summary: 'only print what would be dropped' }),
  }

  override async run(): Promise<readonly string[]> {
    const { flags } = await this.parse(ContentPruneReferences)
    await using client = this.connect()
    const { content, leases } = this.namespaceOf(client)
    const options = { signal: this.signal }
    const tied: BlobInfo[] = []
    for await (const info of content.list([], options)) if (layerLabels(info.labels).length > 0) tied.push(info)
    for (const { digest, labels } of tied) {
      const keys = layerLabels(labels)
      for (const key of keys) this.printLine(`${flags.dry ? 'would remove' : 'removed'} ${key} of ${digest}`)
      const cleared = Object.fromEntries(keys.map((key) => [key, '']))
      if (!flags.dry)
        await content.update(
          digest,
          cleared,
          keys.map((key) => `labels.${key}`),
          options,
        )
    }
    if (!flags.dry) {
      // The end of a lease is what makes the daemon collect.
      const lease = await leases.create({}, options)
      await leases.delete(lease.id, { ...options, synchronous: !flags.async })
    }
    return tied.map(({ digest }) => digest)
  }
}
