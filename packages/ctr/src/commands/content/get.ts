// SPDX-License-Identifier: Apache-2.0
import { Args } from '@oclif/core'
import { parseDigest } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { writeBytes } from '../../output/write-bytes.ts'

const chunkBytes = 4 << 20

export default class ContentGet extends CtrCommand<void> {
  static override summary = 'write a blob to standard output'
  static override args = { digest: Args.string({ required: true, description: 'digest of the blob' }) }

  override async run(): Promise<void> {
    const { args } = await this.parse(ContentGet)
    await using client = this.connect()
    await using blob = await this.namespaceOf(client).content.open(parseDigest(args.digest), { signal: this.signal })
    for (let at = 0; at < blob.sizeBytes;) {
      this.signal.throwIfAborted()
      const bytes = await blob.read(at, chunkBytes)
      if (bytes.length === 0) break
      writeBytes(1, bytes)
      at += bytes.length
    }
  }
}
