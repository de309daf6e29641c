// SPDX-License-Identifier: Apache-2.0
import { decodeAny } from '@containerd-ts/api/registry'
import { goJson } from '@containerd-ts/api'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { runtimeFlags, runtimeOf } from '../../run/runtime-flags.ts'

export default class PluginsInspectRuntime extends CtrCommand<unknown> {
  static override summary = 'print what a runtime says about itself'
  static override flags = runtimeFlags

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(PluginsInspectRuntime)
    // A cgroup is no matter here: systemd's may be asked for without one.
    const { name, options } = await runtimeOf(flags, '-')
    await using client = this.connect()
    const info = await client.introspection.runtime(name, options, { signal: this.signal })
    const result = {
      Name: info.name,
      Version: { Version: info.version?.version ?? '', Revision: info.version?.revision ?? '' },
      Options: await decoded(info.options),
      Features: await decoded(info.features),
      ...(Object.keys(info.annotations).length === 0 ? {} : { Annotations: info.annotations }),
    }
    this.printLine(JSON.stringify(result, undefined, 4))
    return result
  }
}

async function decoded(any: Parameters<typeof decodeAny>[0] | undefined): Promise<unknown> {
  if (any === undefined) return null
  const value = await decodeAny(any)
  if (value.kind === 'json') return value.value
  return JSON.parse(goJson(value.schema, value.message)) as unknown
}
