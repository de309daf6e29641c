// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'

export default class ImagesPrune extends CtrCommand<readonly string[]> {
  static override summary = 'delete images that no container uses'
  static override flags = { all: Flags.boolean({ summary: 'delete all of them; without it nothing is done' }) }

  override async run(): Promise<readonly string[]> {
    const { flags } = await this.parse(ImagesPrune)
    if (!flags.all) {
      this.warn('No images pruned. `image prune` requires --all to be specified.')
      return []
    }
    await using client = this.connect()
    const { images, containers } = this.namespaceOf(client)
    const options = { signal: this.signal }
    const used = new Set<string>()
    for await (const { image } of containers.list([], options)) used.add(image)
    const unused = (await Array.fromAsync(images.list([], options))).filter(({ name }) => !used.has(name))
    for (const [index, { name }] of unused.entries()) {
      await images.delete(name, { ...options, synchronous: index === unused.length - 1 })
      this.printLine(name)
    }
    return unused.map(({ name }) => name)
  }
}
