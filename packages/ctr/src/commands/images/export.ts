// SPDX-License-Identifier: Apache-2.0
import { open, rename, rm } from 'node:fs/promises'
import { Args, Flags } from '@oclif/core'
import type { ContainerdClient } from '@containerd-ts/client'
import { parseNamespace } from '@containerd-ts/core'
import type { ByteSink } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { exportArchive } from '@containerd-ts/images'
import { hostMatcher } from '@containerd-ts/oci'
import type { Interfaces } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { matcherOf, platformFlags, platformsOf } from '../../cli/platform-flags.ts'
import { writeBytes } from '../../output/write-bytes.ts'
import { imagesEnd } from '../../transfer/ends.ts'

type ExportFlags = Interfaces.InferredFlags<typeof ImagesExport.flags>

export default class ImagesExport extends CtrCommand<{ readonly file: string }> {
  static override summary = 'export images as a tar archive'
  static override strict = false
  static override usage = '[command options] OUT REF...'
  static override args = { out: Args.string({ required: true, description: 'file, or - for standard output' }) }
  static override flags = {
    ...platformFlags,
    'skip-manifest-json': Flags.boolean({ summary: 'leave out manifest.json, which is for docker load' }),
    'skip-non-distributable': Flags.boolean({ summary: 'leave out layers that must not be passed on' }),
    local: Flags.boolean({ summary: 'export from this program, even where the daemon can' }),
  }

  override async run(): Promise<{ readonly file: string }> {
    const { args, flags, argv } = await this.parse(ImagesExport)
    const names = (argv as string[]).slice(1)
    if (args.out === '' || names.length === 0)
      throw new InvalidArgumentError('please provide both an output filename and an image reference to export')
    await using client = this.connect()
    const remote = await this.leavesToDaemon(client, flags)
    await writeWhole(args.out, (sink) =>
      remote ? this.#transfer(client, names, flags, sink) : this.#export(client, names, flags, sink),
    )
    return { file: args.out }
  }

  async #transfer(
    client: ContainerdClient,
    names: readonly string[],
    flags: ExportFlags,
    sink: ByteSink,
  ): Promise<void> {
    const reference = { isPrefix: false, allowOverwrite: false, addDigest: false, skipNamedDigest: false }
    const from = imagesEnd({ extraReferences: names.map((name) => ({ ...reference, name })) })
    const to = {
      kind: 'export-stream',
      mediaType: '',
      platforms: platformsOf(flags),
      allPlatforms: flags['all-platforms'],
      skipCompatibilityManifest: flags['skip-manifest-json'],
      skipNonDistributable: flags['skip-non-distributable'],
      sink,
    } as const
    await client.transferrer.transfer(parseNamespace(this.global.namespace), from, to, { signal: this.signal })
  }

  async #export(client: ContainerdClient, names: readonly string[], flags: ExportFlags, sink: ByteSink): Promise<void> {
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
    for await (const chunk of archive) await sink.write(chunk)
  }
}

/** A file appears whole or not at all. */
async function writeWhole(path: string, produce: (sink: ByteSink) => Promise<void>): Promise<void> {
  const dispose = { [Symbol.asyncDispose]: () => Promise.resolve() }
  if (path === '-') return await produce({ write: (bytes) => Promise.resolve(writeBytes(1, bytes)), ...dispose })
  const partial = `${path}.partial-${process.pid}`
  try {
    {
      await using file = await open(partial, 'w')
      await produce({ write: (bytes) => file.writeFile(bytes), ...dispose })
    }
    await rename(partial, path)
  } finally {
    await rm(partial, { force: true })
  }
}
