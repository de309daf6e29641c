// SPDX-License-Identifier: Apache-2.0
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Args, Flags } from '@oclif/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { exportArchive } from '@containerd-ts/images'
import { hostMatcher } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { matcherOf, platformFlags } from '../../cli/platform-flags.ts'
import { writeBytes } from '../../output/write-bytes.ts'

export default class ImagesExport extends CtrCommand<{ readonly file: string }> {
  static override summary = 'export images as a tar archive'
  static override strict = false
  static override usage = '[command options] OUT REF...'
  static override args = { out: Args.string({ required: true, description: 'file, or - for standard output' }) }
  static override flags = {
    ...platformFlags,
    'skip-manifest-json': Flags.boolean({ summary: 'leave out manifest.json, which is for docker load' }),
    'skip-non-distributable': Flags.boolean({ summary: 'leave out layers that must not be passed on' }),
    local: Flags.boolean({ summary: 'export from this program; always so as long as the daemon offers no transfer' }),
  }

  override async run(): Promise<{ readonly file: string }> {
    const { args, flags, argv } = await this.parse(ImagesExport)
    const names = (argv as string[]).slice(1)
    if (args.out === '' || names.length === 0)
      throw new InvalidArgumentError('please provide both an output filename and an image reference to export')
    await using client = this.connect()
    const { content, images } = this.namespaceOf(client)
    const items = await Promise.all(
      names.map(async (name) => ({ target: (await images.get(name, { signal: this.signal })).target, names: [name] })),
    )
    const archive = exportArchive(content, items, {
      signal: this.signal,
      ...(flags['all-platforms'] ? {} : { platforms: flags.platform === undefined ? hostMatcher() : matcherOf(flags) }),
      skipDockerManifest: flags['skip-manifest-json'],
      skipNonDistributable: flags['skip-non-distributable'],
    })
    if (args.out === '-') for await (const chunk of archive) writeBytes(1, chunk)
    else await writeWhole(archive, args.out, this.signal)
    return { file: args.out }
  }
}

/** The file appears whole or not at all. */
async function writeWhole(archive: AsyncIterable<Uint8Array>, path: string, signal: AbortSignal): Promise<void> {
  const partial = `${path}.partial-${process.pid}`
  try {
    await pipeline(archive, createWriteStream(partial), { signal })
    await rename(partial, path)
  } finally {
    await rm(partial, { force: true })
  }
}
