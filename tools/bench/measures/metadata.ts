// SPDX-License-Identifier: Apache-2.0
import type { ContainerdClient } from '@containerd-ts/client'
import { takeRounds } from '../stats/rounds.ts'
import { createRecord } from '../world/containers.ts'
import { perWorker } from '../world/workers.ts'
import type { World } from '../world/world.ts'
import { compare, type Comparison, type Measure } from './measure.ts'

/** Container records per second; each answer promises that the record is on the disk. */
export const metadata: Measure = {
  name: 'metadata',
  async run(world, settings) {
    await using ours = world.ours.connect()
    await using theirs = world.theirs.connect()
    const lines: Comparison[] = []
    for (const [workers, count] of [
      [1, settings.size(200, 30)],
      [16, settings.size(800, 80)],
    ] as const) {
      const sample = (client: ContainerdClient) => () => creates(world, client, workers, count)
      const taken = await takeRounds(
        { rounds: settings.pairs(5, 2), ...settings, say: (text) => settings.say(`${workers} workers, ${text}`) },
        { ours: sample(ours), theirs: sample(theirs) },
      )
      const title = `container records created, ${workers} worker${workers === 1 ? '' : 's'}`
      lines.push(
        compare(
          { id: `metadata.${workers}`, title, unit: '/s', better: 'higher', of: 'rate' },
          taken.ours,
          taken.theirs,
        ),
      )
    }
    return lines
  },
}

async function creates(world: World, client: ContainerdClient, workers: number, count: number) {
  const namespace = client.in(world.namespace)
  const ids: string[] = []
  const began = performance.now()
  await perWorker(workers, count, async () => {
    const id = world.nextId('record')
    await createRecord(namespace, id, world.image)
    ids.push(id)
  })
  const rate = count / ((performance.now() - began) / 1000)
  await perWorker(workers, ids.length, (i) => namespace.containers.delete(ids[i] ?? ''))
  return { rate }
}
