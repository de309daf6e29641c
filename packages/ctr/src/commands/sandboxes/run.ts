// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { Args, Flags } from '@oclif/core'
import { JsonType } from '@containerd-ts/api'
import { runcRuntime } from '@containerd-ts/client'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'

/** The controller that runs sandboxes in shims. */
const sandboxer = 'shim'

export default class SandboxesRun extends CtrCommand<{ readonly id: string; readonly pid: number }> {
  static override summary = 'run a sandbox'
  static override args = {
    config: Args.string({ required: true, description: 'file with the runtime spec of the sandbox' }),
    id: Args.string({ required: true, description: 'sandbox id' }),
  }
  static override flags = { runtime: Flags.string({ summary: 'runtime name', default: runcRuntime }) }

  override async run(): Promise<{ readonly id: string; readonly pid: number }> {
    const { args, flags } = await this.parse(SandboxesRun)
    const value = await readSpec(args.config)
    await using client = this.connect()
    const { sandboxes, sandboxController } = this.namespaceOf(client)
    const options = { signal: this.signal }
    await using undo = new AsyncDisposableStack()
    const runtime = { name: flags.runtime }
    const spec = { typeUrl: JsonType.Spec, value }
    const sandbox = await sandboxes.create({ id: args.id, sandboxer, runtime, spec }, options)
    undo.defer(() => sandboxes.delete(args.id))
    await sandboxController.create(sandbox, options)
    undo.defer(() => sandboxController.shutdown(sandbox))
    const pid = await sandboxController.start(sandbox, options)
    undo.move()
    this.printLine(args.id)
    return { id: args.id, pid }
  }
}

async function readSpec(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path)
  try {
    JSON.parse(bytes.toString())
  } catch (cause) {
    throw new InvalidArgumentError(`cannot read sandbox config ${path}`, { cause })
  }
  return bytes
}
