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
  const cell = { client: 'our ctr', ...pairing } as const
  describe.skipIf(!allOf(ctrGate, hasOwnShim()).open)(`our ctr with ${pairingName(pairing)}`, proves(cell), () => {
    let world: World
    beforeAll(async () => {
      world = await openWorld(() => startPaired(pairing))
    })
    afterAll(async () => {
      await world[Symbol.asyncDispose]()
    })

    runScenarios(() => world)
    taskScenarios(() => world)
    storeScenarios(() => world)
    checkpointScenarios(() => world)
  })
}
