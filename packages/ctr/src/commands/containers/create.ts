// SPDX-License-Identifier: Apache-2.0
import type { Container } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { containerJson } from '../../output/container.ts'
import { containerFlags } from '../../run/container-flags.ts'
import { containerWords, newContainer } from '../../run/new-container.ts'

export default class ContainersCreate extends CtrCommand<unknown> {
  static override summary = 'create a container'
  static override strict = false
  static override usage = '[command options] IMAGE|ROOTFS ID [COMMAND [ARG...]]'
  static override flags = containerFlags

  override async run(): Promise<unknown> {
    const { flags, argv } = await this.parse(ContainersCreate)
    const words = containerWords(argv as string[], flags)
    await using client = this.connect()
    const container: Container = await newContainer(this.namespaceOf(client), words, flags, {
      signal: this.signal,
      snapshotter: () => this.snapshotterName(client, flags.snapshotter),
      remapsIds: (snapshotter) => this.snapshotterCan(client, snapshotter, 'remap-ids'),
      onWarning: (message) => this.warn(message),
    })
    return containerJson(container)
  }
}
