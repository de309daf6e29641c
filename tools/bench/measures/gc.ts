// SPDX-License-Identifier: Apache-2.0
import type { NamespaceClient } from '@containerd-ts/client'
import { takeRounds } from '../stats/rounds.ts'
import type { Sample } from '../stats/rounds.ts'
import { median, quantile } from '../stats/statistics.ts'
import { createRecord } from '../world/containers.ts'
import { descriptorOf, fillGraph } from '../world/graph.ts'
import type { World } from '../world/world.ts'
import { compare, type Comparison, type Measure } from './measure.ts'

const workers = 4
/** How long each half of a sample lasts at least. */
const windowMs = 3_000

const figures = [
  { of: 'idleMedian', title: 'create and delete a record, median, idle', unit: 'ms' },
  { of: 'busyMedian', title: '  the same while garbage is collected', unit: 'ms' },
  { of: 'idleTail', title: 'create and delete a record, p99, idle', unit: 'ms' },
  { of: 'busyTail', title: '  the same while garbage is collected', unit: 'ms' },
  { of: 'growth', title: '  p99 beside collections / p99 idle', unit: '' },
  { of: 'wait', title: 'delete an image and wait for the collection', unit: 'ms' },
] as const

/**
 * How long others wait while garbage is collected among many records. A collection begins with each delete that waits
 * for one. The records stay: this measure comes after those whom a grown daemon would mislead.
 */
export const gc: Measure = {
  name: 'gc',
  async run(world, settings) {
    await using ours = world.ours.connect()
    await using theirs = world.theirs.connect()
    const namespaces = [ours, theirs].map((client) => client.in(`${world.namespace}-gc`))
    const count = settings.size(50_000, 2_000)
    settings.say(`making ${count} records`)
    await Promise.all(namespaces.map((namespace) => fillGraph(namespace, count, world.image)))
    const [one, other] = namespaces as [NamespaceClient, NamespaceClient]
    const taken = await takeRounds(
      { rounds: settings.pairs(5, 2), ...settings },
      { ours: () => sample(world, one), theirs: () => sample(world, other) },
    )
    return figures.map((figure): Comparison =>
      compare({ ...figure, id: `gc.${figure.of}`, better: 'lower' }, taken.ours, taken.theirs),
    )
  },
}

async function sample(world: World, client: NamespaceClient): Promise<Sample> {
  await collect(world, client) // the next one by itself is a while away then
  const end = performance.now() + windowMs
  const idle = await churn(world, client, () => performance.now() > end)
  const waits: number[] = []
  const collections = collectFor(world, client, waits)
  const busy = await churn(world, client, collections.isOver)
  await collections.ended
  const [idleTail, busyTail] = [quantile(idle, 0.99), quantile(busy, 0.99)]
  return {
    idleMedian: median(idle),
    busyMedian: median(busy),
    idleTail,
    busyTail,
    growth: busyTail / idleTail,
    wait: median(waits),
  }
}

/** Collects without a pause until the window is over and the last collection with it. */
function collectFor(world: World, client: NamespaceClient, waits: number[]) {
  let over = false
  const run = async () => {
    const end = performance.now() + windowMs
    try {
      while (performance.now() < end) waits.push(await collect(world, client))
    } finally {
      over = true
    }
  }
  const ended = run()
  ended.catch(() => {}) // heard of where it is awaited
  return { ended, isOver: () => over }
}

/** Milliseconds until what the deletion of an image left is collected. */
async function collect(world: World, client: NamespaceClient): Promise<number> {
  const name = world.nextId('garbage')
  await client.images.create({ name, target: descriptorOf(name) })
  const began = performance.now()
  await client.images.delete(name, { synchronous: true })
  return performance.now() - began
}

/** Milliseconds that each creation and each deletion of a record took. */
async function churn(world: World, client: NamespaceClient, isOver: () => boolean): Promise<readonly number[]> {
  const times: number[] = []
  const timed = async (call: Promise<void>) => {
    const began = performance.now()
    await call
    times.push(performance.now() - began)
  }
  const worker = async () => {
    while (!isOver()) {
      const id = world.nextId('churn')
      await timed(createRecord(client, id, world.image))
      await timed(client.containers.delete(id))
    }
  }
  await Promise.all(Array.from({ length: workers }, worker))
  return times
}
