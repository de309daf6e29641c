// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import type { NamespaceClient } from '@containerd-ts/client'
import { parseFilters } from '@containerd-ts/core'
import type { Image } from '@containerd-ts/core'
import { checkImage, isUnpacked } from '@containerd-ts/images'
import type { ImageCheck } from '@containerd-ts/images'
import { hostMatcher } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { formatTable, narrow } from '../../output/table.ts'
import { binarySize } from '../../output/units.ts'

interface CheckRow {
  readonly name: string
  readonly status: string
  readonly size: string
  readonly unpacked: boolean
  readonly complete: boolean
}

export default class ImagesCheck extends CtrCommand<readonly CheckRow[]> {
  static override summary = 'check that images are all there'
  static override strict = false
  static override usage = '[command options] [FILTER...]'
  static override flags = {
    quiet: Flags.boolean({ char: 'q', summary: 'print names of complete images only' }),
    snapshotter: snapshotterFlag,
  }

  override async run(): Promise<readonly CheckRow[]> {
    const { flags, argv } = await this.parse(ImagesCheck)
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const images = await Array.fromAsync(namespace.images.list(parseFilters(argv as string[]), { signal: this.signal }))
    const snapshotter = await this.snapshotterName(client, flags.snapshotter)
    const rows = await Promise.all(images.map((image) => this.#check(namespace, image, snapshotter)))
    if (flags.quiet) for (const { name } of rows.filter(({ complete }) => complete)) this.printLine(name)
    else if (images.length > 0) {
      const cells = images.map(({ name, target }, index) => {
        const { status = '', size = '', unpacked = false } = rows[index] ?? {}
        return [name, target.mediaType, target.digest, status, size, String(unpacked)]
      })
      this.print(formatTable([['REF', 'TYPE', 'DIGEST', 'STATUS', 'SIZE', 'UNPACKED'], ...cells], narrow))
    }
    return rows
  }

  async #check(
    { content, snapshotter, differ }: NamespaceClient,
    { name, target }: Image,
    snapshotterName: string,
  ): Promise<CheckRow> {
    const options = { signal: this.signal }
    const platforms = hostMatcher()
    const check = await checkImage(content, target, platforms, options)
    const where = { snapshotterName, snapshotter: snapshotter(snapshotterName), applier: differ }
    const unpacked = check.available && (await isUnpacked(content, target, where, { ...options, platforms }))
    return { name, ...statusOf(check), unpacked }
  }
}

function statusOf({
  available,
  required,
  present,
  missing,
}: ImageCheck): Pick<CheckRow, 'status' | 'size' | 'complete'> {
  if (!available) return { status: 'unavailable (0/?)', size: '0.0 B/?', complete: false }
  const sum = (parts: ImageCheck['required']): number => parts.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
  const counts = `(${present.length}/${required.length})`
  const size = `${binarySize(sum(present))}/${binarySize(sum(required))}`
  return missing.length > 0
    ? { status: `incomplete ${counts}`, size, complete: false }
    : { status: `complete ${counts}`, size, complete: true }
}
