// SPDX-License-Identifier: Apache-2.0
import { CtrCommand } from '../cli/ctr-command.ts'

interface InfoResult {
  readonly server: { readonly uuid: string; readonly pid?: number; readonly pidns?: number }
}

export default class Info extends CtrCommand<InfoResult> {
  static override summary = 'print what the server says about itself'

  override async run(): Promise<InfoResult> {
    await this.parse(Info)
    await using client = this.connect()
    const { uuid, pid, pidns } = await client.introspection.server({ signal: this.signal })
    const result = {
      server: { uuid, ...(pid === 0n ? {} : { pid: Number(pid) }), ...(pidns === 0n ? {} : { pidns: Number(pidns) }) },
    }
    this.printLine(JSON.stringify(result, undefined, 4))
    return result
  }
}
