// SPDX-License-Identifier: Apache-2.0
import type { ContainerdClient } from '@containerd-ts/client'
import { takeRounds } from '../stats/rounds.ts'
import type { Sample } from '../stats/rounds.ts'
import { median } from '../stats/statistics.ts'
import { createRecord } from '../world/containers.ts'
import type { BenchDaemon } from '../world/daemon.ts'
import { cpuSeconds } from '../world/processes.ts'
import { perWorker } from '../world/workers.ts'
import { compare, type Comparison, type Measure } from './measure.ts'

const inFlight = 64
type Call = (client: ContainerdClient) => Promise<unknown>

/**
 * Unary calls, one after the other and many at a time. The client is the same and takes part in every figure: at a
 * high rate it is the limit as often as the server. What a call costs the server alone is its processor time.
 */
export const rpc: Measure = {
  name: 'rpc',
  async run(world, settings) {
    await using undo = new AsyncDisposableStack()
    const [ours, theirs] = [undo.use(world.ours.connect()), undo.use(world.theirs.connect())]
    const id = world.nextId('rpc')
    for (const client of [ours, theirs]) {
      await createRecord(client.in(world.namespace), id, world.image)
      undo.defer(() => client.in(world.namespace).containers.delete(id))
    }
    const calls: Record<string, Call> = {
      Version: (client) => client.introspection.version(),
      'Containers.Get': (client) => client.in(world.namespace).containers.get(id),
    }
    const lines: Comparison[] = []
    for (const [name, call] of Object.entries(calls)) {
      const serial = settings.size(500, 100)
      const many = settings.size(6_000, 600)
      const sample = (daemon: BenchDaemon, client: ContainerdClient) => async () => ({
        ...(await latency(() => call(client), serial)),
        ...(await rate(daemon, () => call(client), many)),
      })
      const taken = await takeRounds(
        { rounds: settings.pairs(7, 3), ...settings, say: (text) => settings.say(`${name}, ${text}`) },
        { ours: sample(world.ours, ours), theirs: sample(world.theirs, theirs) },
      )
      const figures = [
        { of: 'latency', title: `${name}, one at a time`, unit: 'ms', better: 'lower' },
        { of: 'rate', title: `${name}, ${inFlight} at a time`, unit: '/s', better: 'higher' },
        { of: 'cpu', title: `${name}, server's processor time per call`, unit: 'ms', better: 'lower' },
      ] as const
      for (const figure of figures) {
        lines.push(compare({ ...figure, id: `rpc.${name}.${figure.of}` }, taken.ours, taken.theirs))
      }
    }
    return lines
  },
}

async function latency(call: () => Promise<unknown>, count: number): Promise<Sample> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const began = performance.now()
    await call()
    times.push(performance.now() - began)
  }
  return { latency: median(times) }
}

async function rate(daemon: BenchDaemon, call: () => Promise<unknown>, count: number): Promise<Sample> {
  const cpu = cpuSeconds(daemon.pid)
  const began = performance.now()
  await perWorker(inFlight, count, call)
  const seconds = (performance.now() - began) / 1000
  return { rate: count / seconds, cpu: ((cpuSeconds(daemon.pid) - cpu) * 1000) / count }
}
