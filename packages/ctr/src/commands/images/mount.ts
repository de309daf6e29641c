// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { Args, Flags } from '@oclif/core'
import type { NamespaceClient } from '@containerd-ts/client'
import type { Mount } from '@containerd-ts/core'
import { FailedPreconditionError } from '@containerd-ts/errdefs'
import { expireLabel, imageDetails, unpackImage } from '@containerd-ts/images'
import { chainId, hostMatcher, only, parsePlatform } from '@containerd-ts/oci'
import type { PlatformMatcher } from '@containerd-ts/oci'
import { parseDuration } from '@containerd-ts/lifecycle'
import { KernelMounter } from '@containerd-ts/mount'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { registryFlags } from '../../cli/registry-flags.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { stringList } from '../../cli/string-list.ts'

interface MountResult {
  readonly chainId: string
  readonly target: string
  readonly mounts: readonly Mount[]
}

export default class ImagesMount extends CtrCommand<MountResult> {
  static override summary = 'mount an image; without a target, keep a snapshot of it and print its key'
  static override args = {
    ref: Args.string({ required: true, description: 'name of the image' }),
    target: Args.string({ description: 'directory to mount it on' }),
  }
  static override flags = {
    ...registryFlags,
    snapshotter: snapshotterFlag,
    label: stringList({ summary: 'accepted for compatibility' }),
    rw: Flags.boolean({ summary: 'mount it writable; what is written stays until unmounted with --rm' }),
    platform: Flags.string({ summary: 'platform of the image (default: this one)' }),
    'sync-fs': Flags.boolean({ summary: 'sync the file system after each layer' }),
    expiration: Flags.string({ char: 'x', summary: 'time after which the snapshot may be collected', default: '1h' }),
  }

  override async run(): Promise<MountResult> {
    const { args, flags } = await this.parse(ImagesMount)
    const expirationHours = parseDuration(flags.expiration) / 3_600_000
    const platforms = flags.platform === undefined ? hostMatcher() : only(parsePlatform(flags.platform))
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const snapshotterName = await this.snapshotterName(client, flags.snapshotter)
    const unique = Buffer.concat([Buffer.from(String(process.hrtime.bigint())), randomBytes(3)]).toString('base64url')
    const target = args.target ?? `ctr-images-mount-${namespace.namespace}-${unique}`
    const options = { signal: this.signal }
    await using undo = new AsyncDisposableStack()
    const lease = await namespace.leases.create({ id: target, labels: expireLabel(expirationHours) })
    undo.defer(() => namespace.leases.delete(lease.id, { synchronous: true }))
    const leased = { ...options, lease: lease.id }
    const top = await this.#unpack(namespace, args.ref, {
      platforms,
      snapshotterName,
      syncFs: flags['sync-fs'],
      leased,
    })
    const snapshotter = namespace.snapshotter(snapshotterName)
    const mounts = await (flags.rw ? snapshotter.prepare(target, top, leased) : snapshotter.view(target, top, leased))
    undo.defer(() => snapshotter.remove(target))
    if (args.target !== undefined) await new KernelMounter().mountAll(mounts, args.target, options)
    undo.move()
    this.printLine(top)
    this.printLine(target)
    return { chainId: top, target, mounts }
  }

  async #unpack(
    namespace: NamespaceClient,
    ref: string,
    request: {
      platforms: PlatformMatcher
      snapshotterName: string
      syncFs: boolean
      leased: { signal: AbortSignal; lease: string }
    },
  ): Promise<string> {
    const { platforms, snapshotterName, syncFs, leased } = request
    const { target } = await namespace.images.get(ref, leased)
    const snapshotter = namespace.snapshotter(snapshotterName)
    const place = { snapshotterName, snapshotter, applier: namespace.differ, syncFs }
    await unpackImage(namespace, target, place, { ...leased, platforms })
    const { rootfs } = await imageDetails(namespace.content, target, platforms, leased)
    const top = chainId(rootfs)
    if (top === undefined) throw new FailedPreconditionError(`image ${ref} has no layers`)
    return top
  }
}
