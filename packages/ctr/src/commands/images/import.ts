// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { Args, Flags } from '@oclif/core'
import type { ContainerdClient } from '@containerd-ts/client'
import { parseNamespace } from '@containerd-ts/core'
import type { Image } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { addRefPrefix, filterRefPrefix, importArchive, unpackImage } from '@containerd-ts/images'
import { hostMatcher, hostPlatform, only, parsePlatform } from '@containerd-ts/oci'
import type { Interfaces } from '@oclif/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { ProgressView } from '../../output/progress-view.ts'
import { parseLabels } from '../../output/units.ts'
import { imagesEnd } from '../../transfer/ends.ts'
import { refuseLocalFlags } from '../../transfer/local-flags.ts'
import { reportTo } from '../../transfer/progress.ts'

const readBytes = 1 << 20

type ImportFlags = Interfaces.InferredFlags<typeof ImagesImport.flags>

export default class ImagesImport extends CtrCommand<readonly Image[]> {
  static override summary = 'import images from a tar archive, an OCI layout or one of docker save'
  static override args = { in: Args.string({ required: true, description: 'file, or - for standard input' }) }
  static override flags = {
    'base-name': Flags.string({ summary: 'name of images that have only a tag; others must continue it' }),
    digests: Flags.boolean({ summary: 'also name images by their digest' }),
    'skip-digest-for-named': Flags.boolean({ summary: 'do not name images by digest that have another name' }),
    'index-name': Flags.string({ summary: 'also name the index of the archive' }),
    'all-platforms': Flags.boolean({ summary: 'import manifests of all platforms' }),
    platform: Flags.string({ summary: 'import the manifest of this platform' }),
    'no-unpack': Flags.boolean({ summary: 'do not unpack the images' }),
    local: Flags.boolean({ summary: 'import in this program, even where the daemon can' }),
    'compress-blobs': Flags.boolean({ summary: 'compress layers that are not' }),
    'discard-unpacked-layers': Flags.boolean({ summary: 'let layers be collected once they are unpacked' }),
    'sync-fs': Flags.boolean({ summary: 'sync the file system after each layer' }),
    snapshotter: snapshotterFlag,
    label: Flags.string({ summary: 'label of the images; may repeat', multiple: true, multipleNonGreedy: true }),
  }

  override async run(): Promise<readonly Image[]> {
    const { args, flags } = await this.parse(ImagesImport)
    if (flags['all-platforms'] && flags.platform !== undefined) {
      throw new InvalidArgumentError('--all-platforms and --platform exclude each other')
    }
    await using undo = new AsyncDisposableStack()
    const client = undo.use(this.connect())
    const input = undo.adopt(await openInput(args.in), (opened) => void opened.destroy())
    const remote = await this.leavesToDaemon(client, flags)
    return remote ? await this.#transfer(client, input, flags) : await this.#import(client, input, flags)
  }

  async #transfer(client: ContainerdClient, bytes: Readable, flags: ImportFlags): Promise<readonly Image[]> {
    refuseLocalFlags(flags, ['discard-unpacked-layers'])
    const snapshotter = await this.snapshotterName(client, flags.snapshotter)
    const platform = flags.platform === undefined ? hostPlatform() : parsePlatform(flags.platform)
    const reference = {
      name: prefixOf(flags),
      isPrefix: true,
      allowOverwrite: flags['base-name'] === undefined,
      addDigest: flags.digests,
      skipNamedDigest: flags['skip-digest-for-named'],
    }
    const to = imagesEnd({
      name: flags['index-name'] ?? '',
      labels: parseLabels(flags.label ?? []),
      platforms: flags['all-platforms'] ? [] : [platform],
      extraReferences: [reference],
      unpacks: flags['no-unpack'] ? [] : [{ platform, snapshotter }],
    })
    const from = { kind: 'import-stream', mediaType: '', forceCompress: flags['compress-blobs'], bytes } as const
    const saved: string[] = []
    {
      using view = new ProgressView({ quiet: this.global.json || !process.stderr.isTTY })
      const report = reportTo(view, '')
      await client.transferrer.transfer(parseNamespace(this.global.namespace), from, to, {
        signal: this.signal,
        onProgress: (progress) => {
          if (progress.event === 'saved') saved.push(progress.name)
          else report(progress)
        },
      })
    }
    const { images } = this.namespaceOf(client)
    const imported = await Promise.all(saved.map((name) => images.get(name, { signal: this.signal })))
    for (const { name, target } of imported) {
      this.printLine(flags['no-unpack'] ? `${name} (${target.digest})` : `unpacking ${name} (${target.digest})...done`)
    }
    return imported
  }

  async #import(client: ContainerdClient, input: Readable, flags: ImportFlags): Promise<readonly Image[]> {
    const platforms = flags.platform === undefined ? hostMatcher() : only(parsePlatform(flags.platform))
    const prefix = prefixOf(flags)
    const namespace = this.namespaceOf(client)
    const snapshotter = await this.snapshotterName(client, flags.snapshotter)
    const images = await importArchive(namespace, input, {
      signal: this.signal,
      labels: parseLabels(flags.label ?? []),
      translateName: flags['base-name'] === undefined ? addRefPrefix(prefix) : filterRefPrefix(prefix),
      compressBlobs: flags['compress-blobs'],
      discardLayers: flags['discard-unpacked-layers'],
      skipMissing: !flags['all-platforms'],
      indexName: flags['index-name'],
      ...(flags['all-platforms'] ? {} : { platforms }),
      ...(flags.digests ? { digestName: (digest: string) => `${prefix}@${digest}` } : {}),
      ...(flags['skip-digest-for-named'] ? { skipDigestName: (name: string) => name !== '' } : {}),
    })
    for (const image of images) {
      if (flags['no-unpack']) {
        this.printLine(`${image.name} (${image.target.digest})`)
        continue
      }
      this.print(`unpacking ${image.name} (${image.target.digest})...`)
      const target = {
        snapshotterName: snapshotter,
        snapshotter: namespace.snapshotter(snapshotter),
        applier: namespace.differ,
        syncFs: flags['sync-fs'],
      }
      await unpackImage(namespace, image.target, target, { platforms, signal: this.signal })
      this.printLine('done')
    }
    return images
  }
}

const prefixOf = (flags: ImportFlags): string => flags['base-name'] ?? `import-${new Date().toISOString().slice(0, 10)}`

async function openInput(path: string): Promise<Readable> {
  return path === '-' ? process.stdin : (await open(path)).createReadStream({ highWaterMark: readBytes })
}
