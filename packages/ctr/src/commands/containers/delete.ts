// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { describe } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { eachOf } from '../../cli/each-of.ts'
import { deleteContainer } from '@containerd-ts/client'

export default class ContainersDelete extends CtrCommand<readonly string[]> {
  static override summary = 'delete containers that do not run'
  static override strict = false
  static override usage = '[command options] ID...'
  static override flags = { 'keep-snapshot': Flags.boolean({ summary: 'keep the writable snapshot' }) }

  override async run(): Promise<readonly string[]> {
    const { flags, argv } = await this.parse(ContainersDelete)
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    return await eachOf(
      argv as string[],
      (id) => deleteContainer(namespace, id, { keepSnapshot: flags['keep-snapshot'], signal: this.signal }),
      (id, error) => this.warn(`failed to delete container "${id}": ${describe(error)}`),
    )
  }
}
