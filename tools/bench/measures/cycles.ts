// SPDX-License-Identifier: Apache-2.0
import type { ContainerdClient } from '@containerd-ts/client'
import { takeRounds } from '../stats/rounds.ts'
import type { Sample } from '../stats/rounds.ts'
import { median } from '../stats/statistics.ts'
import { cycle, cyclePhases } from '../world/containers.ts'
import type { BenchDaemon } from '../world/daemon.ts'
import { cpuSeconds } from '../world/processes.ts'
import { perWorker } from '../world/workers.ts'
import type { World } from '../world/world.ts'
import { compare, type Comparison, type Measure } from './measure.ts'

const workerCounts = [1, 4, 16]

/** Whole lives of containers per second over gRPC, and where the time of one goes. */
export const cycles: Measure = {
  name: 'cycles',
  async run(world, settings) {
    await using ours = world.ours.connect()
    await using theirs = world.theirs.connect()
    const lines: Comparison[] = []
    for (const workers of workerCounts) {
      const count = settings.size(8 + 4 * workers, Math.max(4, workers))
      const taken = await takeRounds(
        {
          rounds: settings.pairs(5, 2),
          warmups: 1,
          signal: settings.signal,
          say: (text) => settings.say(`${workers} workers, ${text}`),
        },
        {
          ours: () => batch(world, world.ours, ours, workers, count),
          theirs: () => batch(world, world.theirs, theirs, workers, count),
        },
      )
      lines.push(
        compare(
          { id: `cycles.${workers}`, title: plural(workers), unit: '/s', better: 'higher', of: 'rate' },
          taken.ours,
          taken.theirs,
        ),
      )
      lines.push(
        compare(
          {
            id: `cycles.${workers}.cpu`,
            title: "  daemon's processor time per cycle",
            unit: 'ms',
            better: 'lower',
            of: 'cpu',
          },
          taken.ours,
          taken.theirs,
        ),
      )
      if (workers === 1) {
        for (const phase of cyclePhases) {
          lines.push(
            compare(
              { id: `cycles.1.${phase}`, title: `  of one cycle: ${phase}`, unit: 'ms', better: 'lower', of: phase },
              taken.ours,
              taken.theirs,
            ),
          )
        }
      }
    }
    return lines
  },
}

async function batch(
  world: World,
  daemon: BenchDaemon,
  client: ContainerdClient,
  workers: number,
  count: number,
): Promise<Sample> {
  const namespace = client.in(world.namespace)
  const [began, cpuBegan] = [performance.now(), cpuSeconds(daemon.pid)]
  const lives = await perWorker(workers, count, () => cycle(namespace, world.nextId('cycle'), world.image))
  const seconds = (performance.now() - began) / 1000
  const cpu = ((cpuSeconds(daemon.pid) - cpuBegan) * 1000) / count
  const phases = cyclePhases.map((phase) => [phase, median(lives.map((life) => life[phase]))])
  return { rate: count / seconds, cpu, ...(Object.fromEntries(phases) as Sample) }
}

const plural = (workers: number) => `container cycles, ${workers} worker${workers === 1 ? '' : 's'}`
