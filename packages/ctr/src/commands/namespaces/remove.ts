// SPDX-License-Identifier: Apache-2.0
import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Flags } from '@oclif/core'
import { parseNamespace } from '@containerd-ts/core'
import { errnoOf } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { eachOf } from '../../cli/each-of.ts'
import { cgroupDirectories } from '../../cli/cgroup-directories.ts'

export default class NamespacesRemove extends CtrCommand<readonly string[]> {
  static override summary = 'remove namespaces, which must be empty'
  static override strict = false
  static override usage = '[command options] NAME...'
  static override flags = { cgroup: Flags.boolean({ char: 'c', summary: 'delete the cgroup of the namespace too' }) }

  override async run(): Promise<readonly string[]> {
    const { flags, argv } = await this.parse(NamespacesRemove)
    await using client = this.connect()
    return await eachOf(argv as string[], async (name) => {
      await client.namespaces.delete(parseNamespace(name), { signal: this.signal })
      if (flags.cgroup) await removeCgroup(name)
      this.printLine(name)
    })
  }
}

async function removeCgroup(namespace: string): Promise<void> {
  for (const directory of await cgroupDirectories()) {
    await rmdir(join(directory, namespace)).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error
    })
  }
}
