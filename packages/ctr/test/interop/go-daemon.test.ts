// SPDX-License-Identifier: Apache-2.0
import { startGoDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe } from 'vitest'
import { runScenarios } from '../run-scenarios.ts'
import { storeScenarios } from '../store-scenarios.ts'
import { taskScenarios } from '../task-scenarios.ts'
import { ctrGate, openWorld } from '../world.ts'
import type { World } from '../world.ts'

describe.skipIf(!ctrGate.open)('our ctr with the Go daemon', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(startGoDaemon)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  runScenarios(() => world)
  taskScenarios(() => world)
  storeScenarios(() => world)
})
