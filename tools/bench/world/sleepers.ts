// SPDX-License-Identifier: Apache-2.0
import type { Settings } from '../measures/measure.ts'
import { interruptible } from '../stats/interruptible.ts'
import { killSleeper, startSleeper } from './containers.ts'
import type { World } from './world.ts'

export interface Sleepers extends AsyncDisposable {
  /** On each daemon. */
  readonly count: number
}

/** Idle containers on both daemons; disposal kills and removes them. */
export async function withSleepers(
  world: World,
  { containers, signal, say }: Pick<Settings, 'containers' | 'signal' | 'say'>,
): Promise<Sleepers> {
  await using undo = new AsyncDisposableStack()
  for (const daemon of [world.ours, world.theirs]) {
    await using client = daemon.connect()
    const ids: string[] = []
    undo.defer(async () => {
      // After an interruption everything inside the mount namespace is killed anyway.
      if (signal.aborted) return
      await using last = daemon.connect()
      for (const id of ids) await killSleeper(last.in(world.namespace), id)
    })
    say(`starting ${containers} containers on ${daemon.label}`)
    for (let i = 0; i < containers; i++) {
      const id = world.nextId('sleep')
      await interruptible(signal, () => startSleeper(client.in(world.namespace), id, world.image))
      ids.push(id)
    }
  }
  const owned = undo.move()
  return { count: containers, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
