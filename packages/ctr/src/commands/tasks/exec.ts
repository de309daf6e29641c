// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { directoryFiles, execProcess, snapshotFiles } from '@containerd-ts/client'
import type { NamespaceClient } from '@containerd-ts/client'
import type { Container } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { applyOptions, withAdditionalGids, withUser } from '@containerd-ts/oci'
import type { RootFileReader, SpecProcess } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { Console } from '../../run/console.ts'
import { ioFlags, ioRequest } from '../../run/io-flags.ts'
import { seeThrough } from '../../run/see-through.ts'
import { startWith } from '../../run/stay-with.ts'
import { processSpecOf, specOf } from '../../run/spec-of.ts'

interface ExecResult {
  readonly execId: string
  readonly pid: number
}

export default class TasksExec extends CtrCommand<ExecResult> {
  static override summary = 'run a process in a container'
  static override strict = false
  static override usage = '[command options] ID COMMAND [ARG...]'
  static override flags = {
    cwd: Flags.string({ summary: 'working directory of the process' }),
    tty: Flags.boolean({ char: 't', summary: 'give the process a terminal' }),
    ...ioFlags,
    'exec-id': Flags.string({ summary: 'id of the process; required' }),
    user: Flags.string({ summary: 'user[:group], names or ids' }),
  }

  override async run(): Promise<ExecResult> {
    const { flags, argv } = await this.parse(TasksExec)
    const [id = '', ...args] = argv as string[]
    const execId = flags['exec-id'] ?? ''
    if (id === '') throw new InvalidArgumentError('container id must be provided')
    if (execId === '') throw new InvalidArgumentError('exec id must be provided')
    if (args.length === 0) throw new InvalidArgumentError('a command must be provided')
    if (flags.tty && flags['log-uri'] !== undefined) throw new InvalidArgumentError("can't use log-uri with tty")
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const options = { signal: this.signal }
    const [container, task] = await Promise.all([
      namespace.containers.get(id, options),
      namespace.tasks.get(id, options),
    ])
    const spec = await this.#processSpec(namespace, container, { ...flags, args })
    using console = flags.tty && !flags.detach ? Console.open() : undefined
    // There is no moment between the making of an exec's terminal and its start in which it could be resized.
    if (console !== undefined) spec.consoleSize = { width: console.size.columns, height: console.size.rows }
    const io = ioRequest(flags, flags.tty, console)
    await using process = await execProcess(task, { execId, spec, io, detached: flags.detach }, options)
    if (flags.detach) {
      const pid = await process.start(options)
      await process.detach()
      return { execId, pid }
    }
    const company = { console, interrupts: this.context.interrupts, onWarning: (text: string) => this.warn(text) }
    using staying = await startWith(process, company, options)
    this.exitStatus = await seeThrough(process, options)
    return { execId, pid: staying.pid }
  }

  /** The container's own process, with what the flags change. */
  async #processSpec(
    namespace: NamespaceClient,
    container: Container,
    wanted: { args: string[]; tty: boolean; cwd: string | undefined; user: string | undefined },
  ): Promise<SpecProcess> {
    const { args, tty, cwd, user } = wanted
    const process: SpecProcess = { ...processSpecOf(container), args, terminal: tty }
    if (cwd !== undefined && cwd !== '') process.cwd = cwd
    if (user === undefined || user === '') return process
    const read = await this.#filesOf(namespace, container)
    const spec = { ociVersion: '', process }
    await applyOptions(spec, [withUser(user, read), withAdditionalGids(user.split(':', 1)[0] ?? '', read)])
    return spec.process
  }

  async #filesOf(namespace: NamespaceClient, container: Container): Promise<RootFileReader> {
    const { snapshotKey, snapshotter } = container
    const options = { signal: this.signal }
    if (snapshotKey === '') return directoryFiles(specOf(container).root?.path ?? '/')
    return snapshotFiles(await namespace.snapshotter(snapshotter).mounts(snapshotKey, options), options)
  }
}
