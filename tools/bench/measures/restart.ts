// SPDX-License-Identifier: Apache-2.0
import { takeRounds } from '../stats/rounds.ts'
import type { BenchDaemon } from '../world/daemon.ts'
import { withSleepers } from '../world/sleepers.ts'
import { compare, type Measure } from './measure.ts'

/** From kill -9 of a daemon to the first answer of the next one, and until that one knows every container. */
export const restart: Measure = {
  name: 'restart',
  async run(world, settings) {
    await using sleepers = await withSleepers(world, settings)
    const once = (daemon: BenchDaemon) => async () => {
      const began = performance.now()
      await daemon.kill()
      await daemon.launch()
      const answered = performance.now() - began
      await using client = daemon.connect()
      const tasks = client.in(world.namespace).tasks
      let running = 0
      while (running < sleepers.count) {
        running = (await tasks.list()).filter(({ status }) => status === 'running').length
        if (performance.now() - began > 60_000) throw new Error(`knows ${running} of ${sleepers.count} containers`)
      }
      return { answered, known: performance.now() - began }
    }
    const taken = await takeRounds(
      { rounds: settings.pairs(5, 2), ...settings },
      { ours: once(world.ours), theirs: once(world.theirs) },
    )
    const line = { unit: 'ms', better: 'lower' } as const
    const title = `kill -9 with ${sleepers.count} containers to`
    return [
      compare(
        { ...line, id: 'restart.answer', title: `${title} the first answer`, of: 'answered' },
        taken.ours,
        taken.theirs,
      ),
      compare(
        { ...line, id: 'restart.known', title: `${title} all containers known`, of: 'known' },
        taken.ours,
        taken.theirs,
      ),
    ]
  },
}
