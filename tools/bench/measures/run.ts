// SPDX-License-Identifier: Apache-2.0
import type { BenchDaemon, CtrKind } from '../world/daemon.ts'
import { takeRounds } from '../stats/rounds.ts'
import { compare, type Measure } from './measure.ts'

/** Wall time of a container that does nothing, as a person meets it: the command is started, and has ended. */
export const run: Measure = {
  name: 'run',
  async run({ ours, theirs, image, nextId }, settings) {
    const once = (daemon: BenchDaemon, kind: CtrKind) => async () => ({
      ms: await daemon.ctr(kind, 'run', '--rm', image.name, nextId('run'), 'true'),
    })
    const taken = await takeRounds(
      { rounds: settings.pairs(15, 3), warmups: 2, ...settings },
      {
        'Go ctr, our daemon': once(ours, 'go'),
        'Go ctr, Go daemon': once(theirs, 'go'),
        'our ctr, our daemon': once(ours, 'ours'),
        'our ctr, Go daemon': once(theirs, 'ours'),
      },
    )
    const line = { of: 'ms', unit: 'ms', better: 'lower' } as const
    return [
      compare(
        { ...line, id: 'run.go-ctr', title: 'ctr run --rm true: Go ctr on both' },
        taken['Go ctr, our daemon'],
        taken['Go ctr, Go daemon'],
      ),
      compare(
        { ...line, id: 'run.our-ctr', title: 'ctr run --rm true: our ctr on both' },
        taken['our ctr, our daemon'],
        taken['our ctr, Go daemon'],
      ),
      compare(
        { ...line, id: 'run.own-ctr', title: 'ctr run --rm true: all ours, all Go' },
        taken['our ctr, our daemon'],
        taken['Go ctr, Go daemon'],
      ),
    ]
  },
}
