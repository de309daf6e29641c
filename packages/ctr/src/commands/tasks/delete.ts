// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { describe } from '@containerd-ts/errdefs'
import type { NamespaceClient } from '@containerd-ts/client'
import type { DeletedProcess } from '@containerd-ts/core'
import { CtrCommand } from '../../cli/ctr-command.ts'
import { eachOf } from '../../cli/each-of.ts'
import { deleteProcess, killAndWait } from '@containerd-ts/client'

export default class TasksDelete extends CtrCommand<readonly string[]> {
  static override summary = 'delete tasks that have ended'
  static override strict = false
  static override usage = '[command options] ID...'
  static override flags = {
    force: Flags.boolean({ char: 'f', summary: 'kill tasks that run' }),
    'exec-id': Flags.string({ summary: 'delete this process of the task, and exit with its status' }),
  }

  override async run(): Promise<readonly string[]> {
    const { flags, argv } = await this.parse(TasksDelete)
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    return await eachOf(
      argv as string[],
      async (id) => {
        const { exit } = await this.#delete(namespace, id, flags)
        if (flags['exec-id'] !== undefined) this.exitStatus = exit.status
        else if (exit.status !== 0) this.warn(`task ${id} exit with non-zero exit code ${exit.status}`)
      },
      (id, error) => this.warn(`unable to delete ${id}: ${describe(error)}`),
    )
  }

  async #delete(
    namespace: NamespaceClient,
    id: string,
    flags: { force: boolean; 'exec-id': string | undefined },
  ): Promise<DeletedProcess> {
    const execId = flags['exec-id'] ?? ''
    const task = await namespace.tasks.get(id, { signal: this.signal })
    if (flags.force) await killAndWait(task, execId, { signal: this.signal })
    return await deleteProcess(task, execId, { signal: this.signal })
  }
}
