// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs'
import { Args, Flags } from '@oclif/core'
import type { Image } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { addRefPrefix, filterRefPrefix, importArchive, unpackImage } from '@containerd-ts/images'
import { hostMatcher, only, parsePlatform } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { parseLabels } from '../../output/units.ts'

const readBytes = 1 << 20

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
    local: Flags.boolean({ summary: 'import in this program; always so as long as the daemon offers no transfer' }),
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
    const platforms = flags.platform === undefined ? hostMatcher() : only(parsePlatform(flags.platform))
    const base = flags['base-name']
    const prefix = base ?? `import-${new Date().toISOString().slice(0, 10)}`
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const snapshotter = await this.snapshotterName(client, flags.snapshotter)
    const input = args.in === '-' ? process.stdin : createReadStream(args.in, { highWaterMark: readBytes })
    const images = await importArchive(namespace, input, {
      signal: this.signal,
      labels: parseLabels(flags.label ?? []),
      translateName: base === undefined ? addRefPrefix(prefix) : filterRefPrefix(prefix),
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
