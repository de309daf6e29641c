// SPDX-License-Identifier: Apache-2.0
import { Args, Flags } from '@oclif/core'
import { packMessage } from '@containerd-ts/api'
import { CheckpointOptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import type { Descriptor } from '@containerd-ts/core'
import { isFailedPrecondition } from '@containerd-ts/errdefs'
import { storeImage, withLease, writeDocument } from '@containerd-ts/images'
import { encodeIndex, MediaType } from '@containerd-ts/oci'
import { CtrCommand } from '../../cli/ctr-command.ts'

interface CheckpointResult {
  /** Empty where the checkpoint was written to a directory. */
  readonly image: string
  readonly parts: readonly Descriptor[]
}

export default class TasksCheckpoint extends CtrCommand<CheckpointResult> {
  static override summary = 'checkpoint a container'
  static override args = { id: Args.string({ required: true, description: 'container id' }) }
  static override flags = {
    exit: Flags.boolean({ summary: 'end the container afterwards' }),
    'image-path': Flags.string({ summary: 'directory for the checkpoint, in place of an image' }),
    'work-path': Flags.string({ summary: 'directory for files and logs of the work' }),
  }

  override async run(): Promise<CheckpointResult> {
    const { args, flags } = await this.parse(TasksCheckpoint)
    const { 'image-path': imagePath = '', 'work-path': workPath = '', exit } = flags
    await using client = this.connect()
    const namespace = this.namespaceOf(client)
    const { typeUrl, value } = packMessage(CheckpointOptionsSchema, { exit, imagePath, workPath })
    return await withLease(namespace.leases, { signal: this.signal }, async (leased) => {
      const task = await namespace.tasks.get(args.id, leased)
      await task.pause(leased)
      try {
        const parts = await namespace.tasks.checkpoint(args.id, { typeUrl, value }, leased)
        if (imagePath !== '') return { image: '', parts }
        const name = `containerd.io/checkpoint/${args.id}:${new Date().toISOString()}`
        const labels = Object.fromEntries(
          parts.map(({ digest }, index) => [`containerd.io/gc.ref.content.${index}`, digest]),
        )
        const index = encodeIndex({ manifests: parts })
        const target = await writeDocument(namespace.content, 'checkpoint-', MediaType.ociIndex, index, {
          ...leased,
          labels,
        })
        await storeImage(namespace.images, { name, target }, leased)
        this.printLine(name)
        return { image: name, parts }
      } finally {
        await task.resume().catch((error: unknown) => {
          if (!exit && !isFailedPrecondition(error)) throw error // with --exit it has ended
        })
      }
    })
  }
}
