// SPDX-License-Identifier: Apache-2.0
import { unpackMessage } from '@containerd-ts/api'
import { MetricsSchema as MetricsV1 } from '@containerd-ts/api/cgroups/v1/metrics_pb'
import { MetricsSchema as MetricsV2 } from '@containerd-ts/api/cgroups/v2/metrics_pb'
import { describe, expect, it } from 'vitest'
import type { TaskSuite } from './traits.ts'

export function resourceTests({ open }: TaskSuite): void {
  describe('resources', () => {
    it('counts what the container uses', async () => {
      await using d = await open()
      const { task } = await d.run('stat', { args: ['/bin/sleep', '100'] })
      const { stats } = await task.stats({ id: 'stat' })
      const metrics = unpackMessage(MetricsV1, stats) ?? unpackMessage(MetricsV2, stats)
      expect(metrics?.pids?.current).toBe(1n)
    })

    it('changes limits of a running container', async () => {
      await using d = await open()
      const { task } = await d.run('upd', { args: ['/bin/sleep', '100'] })
      const resources = { typeUrl: 'any', value: Buffer.from(JSON.stringify({ pids: { limit: 17 } })) }
      await task.update({ id: 'upd', resources, annotations: {} })
      const { stats } = await task.stats({ id: 'upd' })
      const metrics = unpackMessage(MetricsV1, stats) ?? unpackMessage(MetricsV2, stats)
      expect(metrics?.pids?.limit).toBe(17n)
    })

    it('tells of a kill for want of memory', async () => {
      await using d = await open()
      const args = ['/bin/sh', '-c', 'tail /dev/zero']
      const { task } = await d.run('oom', { args, memoryBytes: 16 << 20 })
      expect(await task.wait({ id: 'oom', execId: '' })).toMatchObject({ exitStatus: 137 })
      await d.events.until('/tasks/oom')
    })
  })
}
