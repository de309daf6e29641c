// SPDX-License-Identifier: Apache-2.0
import { Config } from '@oclif/core'

/**
 * oclif's configuration without plugins, hooks or the search for a package on disk, which a single executable does
 * not have.
 */
export class HooklessConfig extends Config {
  constructor(version: string) {
    super({ root: '/' })
    this.name = '@containerd-ts/ctr'
    this.bin = 'ctr'
    this.version = version
    this.userAgent = `ctr/${version}`
  }

  override runHook: Config['runHook'] = async () => ({ successes: [], failures: [] })
}
