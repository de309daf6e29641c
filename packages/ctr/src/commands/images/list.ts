// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import type { NamespaceClient } from '@containerd-ts/client'
import { parseFilters } from '@containerd-ts/core'
import type { Image } from '@containerd-ts/core'
import { describe } from '@containerd-ts/errdefs'
import { imagePlatforms, imageSize } from '@containerd-ts/images'
import { formatPlatform, hostMatcher } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { formatTable, narrow } from '../../output/table.ts'
import { binarySize, labelList } from '../../output/units.ts'

export default class ImagesList extends CtrCommand<readonly Image[]> {
  static override summary = 'list images'
  static override strict = false
  static override usage = '[command options] [FILTER...]'
  static override flags = { quiet: Flags.boolean({ char: 'q', summary: 'print names only' }) }

  override async run(): Promise<readonly Image[]> {
    const { flags, argv } = await this.parse(ImagesList)
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const images = await Array.fromAsync(namespace.images.list(parseFilters(argv as string[]), { signal: this.signal }))
    if (flags.quiet) for (const { name } of images) this.printLine(name)
    else {
      const rows = await Promise.all(images.map((image) => this.#row(namespace, image)))
      this.print(formatTable([['REF', 'TYPE', 'DIGEST', 'SIZE', 'PLATFORMS', 'LABELS', ''], ...rows], narrow))
    }
    return images
  }

  async #row({ content }: NamespaceClient, { name, target, labels }: Image): Promise<string[]> {
    const options = { signal: this.signal }
    const [size, platforms] = await Promise.all([
      imageSize(content, target, hostMatcher(), options).then(binarySize, (error: unknown) => {
        this.warn(`failed calculating size for image ${name}: ${describe(error)}`)
        return '-'
      }),
      imagePlatforms(content, target, options).catch(() => []),
    ])
    const names = [...new Set(platforms.map(formatPlatform))].toSorted()
    return [name, target.mediaType, target.digest, size, names.join(',') || '-', labelList(labels), '']
  }
}
