// SPDX-License-Identifier: Apache-2.0
import { UnimplementedError } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { shimFlags } from '../../cli/shim-client.ts'

/** Our shims keep no profiles, to stay small. */
export default class ShimPprof extends CtrCommand<never> {
  static override summary = 'print a profile of a shim; shims have none'
  static override flags = shimFlags

  override async run(): Promise<never> {
    await this.parse(ShimPprof)
    throw new UnimplementedError('shim pprof is not supported: shims have no profiles')
  }
}
