// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { Flags } from '@oclif/core'
import { JsonType } from '@containerd-ts/api'
import { joinProcessIo } from '@containerd-ts/client'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { connectShim, shimFlags } from '../../cli/shim-client.ts'
import { stringList } from '../../cli/string-list.ts'
import { Console } from '../../run/console.ts'

export default class ShimExec extends CtrCommand<{ readonly exitStatus: number }> {
  static override summary = 'run a process in a container through its shim'
  static override strict = false
  static override usage = '[command options] EXEC-ID [COMMAND [ARG...]]'
  static override flags = {
    ...shimFlags,
    stdin: Flags.string({ summary: 'FIFO of the input', default: '' }),
    stdout: Flags.string({ summary: 'FIFO of the output', default: '' }),
    stderr: Flags.string({ summary: 'FIFO of the errors', default: '' }),
    tty: Flags.boolean({ char: 't', summary: 'give the process a terminal' }),
    attach: Flags.boolean({ char: 'a', summary: 'attach to its streams and wait for its end' }),
    env: stringList({ char: 'e', summary: 'environment variable NAME=VALUE' }),
    cwd: Flags.string({ summary: 'working directory', default: '/' }),
    spec: Flags.string({ summary: 'file with the process, in place of a command' }),
  }

  override async run(): Promise<{ readonly exitStatus: number }> {
    const { flags, argv } = await this.parse(ShimExec)
    const [execId = '', ...args] = argv as string[]
    if (execId === '') throw new InvalidArgumentError('exec id must be provided')
    const value =
      flags.spec === undefined
        ? Buffer.from(
            JSON.stringify({
              args,
              cwd: flags.cwd,
              env: flags.env ?? [],
              terminal: flags.tty,
              user: { uid: 0, gid: 0 },
            }),
          )
        : await readFile(flags.spec)
    const id = flags.id ?? ''
    const io = { stdin: flags.stdin, stdout: flags.stdout, stderr: flags.stderr, terminal: flags.tty }
    await using shim = await connectShim(flags, this.global, { signal: this.signal })
    using console = flags.tty && flags.attach ? Console.open() : undefined
    const local = console === undefined ? { stdin: 0, stdout: 1, stderr: 2 } : { stdin: console.fd, stdout: console.fd }
    await using streams = flags.attach ? await joinProcessIo(io, local) : undefined
    await shim.task.exec({ id, execId, ...io, spec: { typeUrl: JsonType.Process, value } })
    const { pid } = await shim.task.start({ id, execId })
    if (!flags.attach) {
      this.printLine(`process ${pid} started`)
      return { exitStatus: 0 }
    }
    const { exitStatus } = await shim.task.wait({ id, execId })
    await streams?.copy?.outputDone
    this.exitStatus = exitStatus
    return { exitStatus }
  }
}
