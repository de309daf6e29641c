// SPDX-License-Identifier: Apache-2.0
import { allOf, hasOwnShim, startDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe } from 'vitest'
import { runScenarios } from '../run-scenarios.ts'
import { storeScenarios } from '../store-scenarios.ts'
import { taskScenarios } from '../task-scenarios.ts'
import { ctrGate, openWorld } from '../world.ts'
import type { World } from '../world.ts'

describe.skipIf(!allOf(ctrGate, hasOwnShim()).open)('our ctr with our daemon', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(startDaemon)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  runScenarios(() => world)
  taskScenarios(() => world)
  storeScenarios(() => world)
})
