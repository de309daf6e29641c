// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { Flags } from '@oclif/core'
import { createTask, deleteContainer } from '@containerd-ts/client'
import type { NamespaceClient, TaskProcess } from '@containerd-ts/client'
import type { Container } from '@containerd-ts/core'
import { InvalidArgumentError, isNotFound, isUnavailable } from '@containerd-ts/errdefs'
import { CtrCommand } from '../cli/ctr-command.ts'
import { Console } from '../run/console.ts'
import { containerFlags, runFlags } from '../run/container-flags.ts'
import { parseIdMaps } from '../run/id-map.ts'
import { ioFlags, ioRequest, nullIoFlag } from '../run/io-flags.ts'
import { containerWords, newContainer } from '../run/new-container.ts'
import { seeThrough } from '../run/see-through.ts'
import { startWith } from '../run/stay-with.ts'

interface RunResult {
  readonly id: string
  readonly pid: number
  /** Absent for a container that was left running. */
  readonly exitStatus?: number
}

export default class Run extends CtrCommand<RunResult> {
  static override summary = 'run a container'
  static override strict = false
  static override usage = '[command options] IMAGE|ROOTFS ID [COMMAND [ARG...]]'
  static override flags = {
    rm: Flags.boolean({ summary: 'remove the container after it has run' }),
    'null-io': nullIoFlag,
    ...ioFlags,
    'dump-config': Flags.boolean({ summary: 'print the runtime spec and run nothing' }),
    ...runFlags,
    ...containerFlags,
  }

  override async run(): Promise<RunResult> {
    const { flags, argv } = await this.parse(Run)
    const words = containerWords(argv as string[], flags)
    if (flags.rm && flags.detach) throw new InvalidArgumentError('flags --detach and --rm cannot be specified together')
    if (flags.tty) ioRequest(flags, true, undefined)
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const container = await newContainer(namespace, words, flags, {
      signal: this.signal,
      snapshotter: () => this.snapshotterName(client, flags.snapshotter),
      remapsIds: (snapshotter) => this.snapshotterCan(client, snapshotter, 'remap-ids'),
      onWarning: (message) => this.warn(message),
    })
    await using undo = new AsyncDisposableStack()
    undo.defer(() => removeContainer(namespace, container.id))
    if (flags['dump-config']) {
      this.print(`${JSON.stringify(JSON.parse(Buffer.from(container.spec?.value ?? []).toString()), undefined, 4)}\n`)
      return { id: container.id, pid: 0 }
    }
    using console = flags.tty && !flags.detach ? Console.open() : undefined
    const task = undo.use(await this.#createTask(namespace, container, flags, console))
    if (flags['pid-file'] !== undefined) await writeFile(flags['pid-file'], String(task.task.pid))
    if (console !== undefined) await task.resize(console.size.columns, console.size.rows).catch(() => {}) // again below
    const options = { signal: this.signal }
    if (flags.detach) {
      const pid = await task.start(options)
      await task.detach()
      undo.move()
      return { id: container.id, pid }
    }
    const company = { console, interrupts: this.context.interrupts, onWarning: (text: string) => this.warn(text) }
    using staying = await startWith(task, company, options)
    // Without --rm nothing is undone from here on, however this ends.
    if (!flags.rm) undo.move()
    try {
      this.exitStatus = flags.rm ? (await task.finish(options)).exit.status : await seeThrough(task, options)
    } catch (error) {
      if (isUnavailable(error)) {
        await task.detach() // the daemon is gone, the container is not
        undo.move()
      }
      throw error
    }
    return { id: container.id, pid: staying.pid, exitStatus: this.exitStatus }
  }

  async #createTask(
    namespace: NamespaceClient,
    container: Container,
    flags: Parameters<typeof ioRequest>[0] & {
      tty: boolean
      'no-pivot': boolean
      uidmap: string[] | undefined
      gidmap: string[] | undefined
    },
    console: Console | undefined,
  ): Promise<TaskProcess> {
    return await createTask(
      namespace,
      container,
      {
        io: ioRequest(flags, flags.tty, console),
        detached: flags.detach,
        noPivotRoot: flags['no-pivot'],
        ioUid: parseIdMaps(flags.uidmap)[0]?.hostID,
        ioGid: parseIdMaps(flags.gidmap)[0]?.hostID,
      },
      { signal: this.signal },
    )
  }
}

async function removeContainer(client: NamespaceClient, id: string): Promise<void> {
  try {
    await deleteContainer(client, id)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
