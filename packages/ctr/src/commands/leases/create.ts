// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { LabelKey } from '@containerd-ts/core'
import type { Lease } from '@containerd-ts/core'
import { parseDuration } from '@containerd-ts/lifecycle'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { parseLabels } from '../../output/units.ts'

export default class LeasesCreate extends CtrCommand<Lease> {
  static override summary = 'create a lease'
  static override strict = false
  static override usage = '[command options] [KEY=VALUE...]'
  static override flags = {
    id: Flags.string({ summary: 'id of the lease; generated when absent' }),
    expires: Flags.string({ char: 'x', default: '24h', summary: 'how long the lease holds; 0 is for ever' }),
  }

  override async run(): Promise<Lease> {
    const { flags, argv } = await this.parse(LeasesCreate)
    await using client = this.connect()
    const expiresMs = parseDuration(flags.expires)
    const expiry =
      expiresMs > 0 ? { [LabelKey.gcExpire]: `${new Date(Date.now() + expiresMs).toISOString().slice(0, 19)}Z` } : {}
    const labels = { ...parseLabels(argv as string[], ''), ...expiry }
    const lease = await this.namespaceOf(client).leases.create({ id: flags.id, labels }, { signal: this.signal })
    this.printLine(lease.id)
    return lease
  }
}
