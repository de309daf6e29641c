// SPDX-License-Identifier: Apache-2.0
import { CtrCommand } from '../cli/ctr-command.ts'
import { revision, version } from '@containerd-ts/core/version'

interface VersionResult {
  readonly client: { readonly version: string; readonly revision: string }
  readonly server: { readonly version: string; readonly revision: string; readonly uuid: string }
}

export default class Version extends CtrCommand<VersionResult> {
  static override summary = 'print client and server versions'

  override async run(): Promise<VersionResult> {
    await this.parse(Version)
    const client = { version, revision }
    this.print(`Client:\n  Version:  ${version}\n  Revision: ${revision}\n  Node version: ${process.version}\n\n`)
    await using daemon = this.connect()
    const options = { signal: this.signal }
    const [server, { uuid }] = await Promise.all([
      daemon.introspection.version(options),
      daemon.introspection.server(options),
    ])
    this.print(`Server:\n  Version:  ${server.version}\n  Revision: ${server.revision}\n  UUID: ${uuid}\n`)
    if (server.version !== version) this.warn('version mismatch')
    if (server.revision !== revision) this.warn('revision mismatch')
    return { client, server: { ...server, uuid } }
  }
}
