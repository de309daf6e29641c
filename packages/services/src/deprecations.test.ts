// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { packMessage } from '@containerd-ts/api'
import { OptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import { CreateTaskRequestSchema } from '@containerd-ts/api/services/tasks/v1/tasks_pb'
import type { Container } from '@containerd-ts/core'
import { describe, expect, it } from 'vitest'
import { MemoryDeprecationLog } from './deprecations.ts'
import { prepareTask } from './task-create.ts'
import type { CheckpointStores } from './task-checkpoint.ts'

const container = { id: 'c', labels: {}, runtime: { name: 'io.containerd.runc.v2' }, image: '' } as unknown as Container

async function prepared(options: { taskApiAddress?: string; taskApiVersion?: number }): Promise<MemoryDeprecationLog> {
  const log = new MemoryDeprecationLog()
  const packed = packMessage(OptionsSchema, create(OptionsSchema, options))
  const request = create(CreateTaskRequestSchema, { containerId: 'c', options: packed })
  await using _task = await prepareTask(request, container, {} as CheckpointStores, {}, log)
  return log
}

describe('deprecations', () => {
  it('tell when a feature was last used', async () => {
    const before = Date.now()
    const log = await prepared({ taskApiAddress: 'unix:///x', taskApiVersion: 3 })
    expect(log.list().map(({ id }) => id)).toEqual([
      'io.containerd.deprecation/runc-options-task-api-address',
      'io.containerd.deprecation/runc-options-task-api-version',
    ])
    for (const { message, lastOccurrence } of log.list()) {
      expect(message).toMatch(/deprecated/)
      expect(lastOccurrence.getTime()).toBeGreaterThanOrEqual(before)
    }
  })

  it('are none of what is not used', async () => {
    expect((await prepared({})).list()).toEqual([])
  })
})
