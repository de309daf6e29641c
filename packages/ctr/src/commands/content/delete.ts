// SPDX-License-Identifier: Apache-2.0
import { parseDigest } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { eachOf } from '../../cli/each-of.ts'

export default class ContentDelete extends CtrCommand<readonly string[]> {
  static override summary = 'delete blobs'
  static override strict = false
  static override usage = '[command options] DIGEST...'

  override async run(): Promise<readonly string[]> {
    const { argv } = await this.parse(ContentDelete)
    await using client = this.connect()
    return await eachOf(argv as string[], async (digest) => {
      try {
        await this.namespaceOf(client).content.delete(parseDigest(digest), { signal: this.signal })
        this.printLine(digest)
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    })
  }
}
