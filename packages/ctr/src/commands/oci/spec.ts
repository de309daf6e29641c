// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { defaultSpec, parsePlatform } from '@containerd-ts/oci'
import type { RuntimeSpec } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'

export default class OciSpec extends CtrCommand<RuntimeSpec> {
  static override summary = 'print the default runtime spec'
  static override flags = { platform: Flags.string({ summary: 'platform of the spec (default: this one)' }) }

  override async run(): Promise<RuntimeSpec> {
    const { flags } = await this.parse(OciSpec)
    const platform = flags.platform === undefined ? undefined : parsePlatform(flags.platform)
    const spec = defaultSpec({ namespace: this.global.namespace, id: '', platform })
    // There is no container whose cgroup it could be.
    if (spec.linux !== undefined) spec.linux.cgroupsPath = `/${this.global.namespace}`
    this.printLine(JSON.stringify(spec, undefined, 4))
    return spec
  }
}
