// SPDX-License-Identifier: Apache-2.0
import { allOf, hasOwnShim, pairingName, pairings, proves, startPaired } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe } from 'vitest'
import { checkpointScenarios } from '../checkpoint-scenarios.ts'
import { runScenarios } from '../run-scenarios.ts'
import { storeScenarios } from '../store-scenarios.ts'
import { taskScenarios } from '../task-scenarios.ts'
import { ctrGate, openWorld } from '../world.ts'
import type { World } from '../world.ts'

for (const pairing of pairings) {
  // What does not depend on the shim is told once for each daemon, and the built program has its turn, too.
  const crossed = pairing.daemon !== pairing.shim
  const cell = { client: 'our ctr', ...pairing } as const
  describe.skipIf(!allOf(ctrGate, hasOwnShim()).open)(`our ctr with ${pairingName(pairing)}`, proves(cell), () => {
    let world: World
    beforeAll(async () => {
      world = await openWorld(() => startPaired(pairing, crossed ? { ctrForm: 'dist' } : {}))
    })
    afterAll(async () => {
      await world[Symbol.asyncDispose]()
    })

    runScenarios(() => world)
    taskScenarios(() => world)
    if (!crossed) storeScenarios(() => world)
    checkpointScenarios(() => world)
  })
}
