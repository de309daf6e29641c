// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto'
import { Args, Flags } from '@oclif/core'
import type { NamespaceClient } from '@containerd-ts/client'
import { LabelKey } from '@containerd-ts/core'
import type { CallOptions, Descriptor, Mount, Snapshotter } from '@containerd-ts/core'
import { blobBytes, withLease } from '@containerd-ts/images'
import { MediaType } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { stringList } from '../../cli/string-list.ts'
import { parseLabels } from '../../output/units.ts'
import { writeBytes } from '../../output/write-bytes.ts'

export default class SnapshotsDiff extends CtrCommand<Descriptor> {
  static override summary = 'print the difference of two snapshots as a layer'
  static override args = {
    idA: Args.string({ required: true, description: 'snapshot; alone, it is compared with its parent' }),
    idB: Args.string({ description: 'snapshot with the changes' }),
  }
  static override flags = {
    snapshotter: snapshotterFlag,
    'media-type': Flags.string({ summary: 'media type of the layer', default: MediaType.ociLayerGzip }),
    ref: Flags.string({ summary: 'ref of the write' }),
    keep: Flags.boolean({ summary: 'keep the layer in the content store' }),
    label: stringList({ summary: 'label KEY=VALUE of the layer' }),
  }

  override async run(): Promise<Descriptor> {
    const { args, flags } = await this.parse(SnapshotsDiff)
    const keep = flags.keep ? { [LabelKey.gcRoot]: new Date().toISOString() } : {}
    const labels = { ...parseLabels(flags.label ?? []), ...keep }
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const snapshotter = await this.snapshotterOf(client, flags.snapshotter)
    return await withLease(namespace.leases, { signal: this.signal }, async (leased) => {
      const pair = await sides(snapshotter, args.idA, args.idB, leased)
      await using lower = await mountsOf(snapshotter, pair.lower, leased)
      await using upper = await mountsOf(snapshotter, pair.upper, leased)
      const layer = await namespace.differ.compare(lower.mounts, upper.mounts, namespace.content, {
        ...leased,
        labels,
        mediaType: flags['media-type'],
        ref: flags.ref,
      })
      await this.#print(namespace, layer)
      return layer
    })
  }

  async #print({ content }: NamespaceClient, layer: Descriptor): Promise<void> {
    if (this.global.json) return
    for await (const bytes of blobBytes(content, layer.digest, { signal: this.signal })) writeBytes(1, bytes)
  }
}

/** Which snapshots are compared; a lower one that is absent is an empty directory. */
async function sides(
  snapshotter: Snapshotter,
  a: string,
  b: string | undefined,
  options: CallOptions,
): Promise<{ readonly lower: string | undefined; readonly upper: string }> {
  if (b !== undefined) return { lower: a, upper: b }
  return { lower: (await snapshotter.stat(a, options)).parent, upper: a }
}

/** Mounts of a snapshot: its own, or for a committed one those of a view that disposal removes. */
async function mountsOf(
  snapshotter: Snapshotter,
  name: string | undefined,
  options: CallOptions,
): Promise<AsyncDisposable & { readonly mounts: readonly Mount[] }> {
  const committed = name === undefined || (await snapshotter.stat(name, options)).kind === 'committed'
  if (!committed) return { mounts: await snapshotter.mounts(name, options), [Symbol.asyncDispose]: async () => {} }
  const key = `${name ?? 'empty'}-view-${randomUUID()}`
  const mounts = await snapshotter.view(key, name, options)
  return { mounts, [Symbol.asyncDispose]: () => snapshotter.remove(key) }
}
