// SPDX-License-Identifier: Apache-2.0
import { takeRounds } from '../stats/rounds.ts'
import type { BenchDaemon } from '../world/daemon.ts'
import { memoryOf, shimsOf } from '../world/processes.ts'
import { median } from '../stats/statistics.ts'
import { withSleepers } from '../world/sleepers.ts'
import { compare, type Measure } from './measure.ts'

/** Memory of the daemon and of a shim while containers idle; pages that processes share count in shares (PSS). */
export const memory: Measure = {
  name: 'memory',
  async run(world, settings) {
    const { containers } = settings
    await using sleepers = await withSleepers(world, settings)
    const look = (daemon: BenchDaemon) => async () => {
      const server = memoryOf(daemon.pid)
      const shims = shimsOf(daemon).map(memoryOf)
      if (shims.length !== sleepers.count) throw new Error(`${shims.length} shims for ${sleepers.count} containers`)
      return {
        daemonPss: server.pss,
        daemonRss: server.rss,
        shimPss: median(shims.map(({ pss }) => pss)),
        shimRss: median(shims.map(({ rss }) => rss)),
      }
    }
    const taken = await takeRounds(
      { rounds: settings.pairs(3), warmups: 0, ...settings },
      { ours: look(world.ours), theirs: look(world.theirs) },
    )
    const figures = [
      { of: 'daemonPss', title: `daemon with ${containers} containers, PSS` },
      { of: 'daemonRss', title: `daemon with ${containers} containers, RSS` },
      { of: 'shimPss', title: `one of ${containers} idle shims, PSS` },
      { of: 'shimRss', title: `one of ${containers} idle shims, RSS` },
    ]
    return figures.map((figure) =>
      compare({ ...figure, id: `memory.${figure.of}`, unit: 'MiB', better: 'lower' }, taken.ours, taken.theirs),
    )
  },
}
