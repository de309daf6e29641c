// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { parseDigest } from '@containerd-ts/core'
import { InvalidArgumentError, isAlreadyExists } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'

export default class ContentIngest extends CtrCommand<{ readonly ref: string }> {
  static override summary = 'store standard input as a blob'
  static override args = {
    key: Args.string({ required: true, description: 'ref of the write, to go on with it later' }),
  }
  static override flags = {
    'expected-size': Flags.integer({ summary: 'size the blob must have', default: 0 }),
    'expected-digest': Flags.string({ summary: 'digest the blob must have' }),
  }

  override async run(): Promise<{ readonly ref: string }> {
    const { args, flags } = await this.parse(ContentIngest)
    if (args.key === '') throw new InvalidArgumentError('must specify a transaction reference')
    const expected = flags['expected-digest'] === undefined ? undefined : parseDigest(flags['expected-digest'])
    const totalBytes = flags['expected-size'] > 0 ? flags['expected-size'] : undefined
    await using client = this.connect()
    try {
      await using writer = await this.namespaceOf(client).content.ingest(args.key, {
        expected,
        totalBytes,
        signal: this.signal,
      })
      await writer.truncate(0)
      for await (const chunk of process.stdin) await writer.write(chunk as Buffer)
      await writer.commit({ expected, sizeBytes: totalBytes, signal: this.signal })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
    }
    return { ref: args.key }
  }
}
