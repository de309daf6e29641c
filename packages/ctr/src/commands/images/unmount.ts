// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { KernelMounter } from '@containerd-ts/mount'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { registryFlags } from '../../cli/registry-flags.ts'
import { snapshotterFlag } from '../../cli/snapshotter-flag.ts'
import { stringList } from '../../cli/string-list.ts'

export default class ImagesUnmount extends CtrCommand<{ readonly target: string }> {
  static override summary = 'unmount an image'
  static override args = { target: Args.string({ required: true, description: 'directory it is mounted on' }) }
  static override flags = {
    ...registryFlags,
    snapshotter: snapshotterFlag,
    label: stringList({ summary: 'accepted for compatibility' }),
    rm: Flags.boolean({ summary: 'remove the snapshot and its lease as well' }),
  }

  override async run(): Promise<{ readonly target: string }> {
    const { args, flags } = await this.parse(ImagesUnmount)
    const options = { signal: this.signal }
    await using client = this.connect()
    await new KernelMounter().unmountAll(args.target, options)
    if (flags.rm) {
      const snapshotter = await this.snapshotterOf(client, flags.snapshotter)
      await ignoreMissing(this.namespaceOf(client).leases.delete(args.target, options))
      await ignoreMissing(snapshotter.remove(args.target, options))
    }
    this.printLine(args.target)
    return { target: args.target }
  }
}

async function ignoreMissing(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
