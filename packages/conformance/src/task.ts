// SPDX-License-Identifier: Apache-2.0
import { describe } from 'vitest'
import { TaskDriver } from './task/driver.ts'
import type { TaskShimFixture } from './task/driver.ts'
import { errorTests } from './task/errors.ts'
import { execTests } from './task/exec.ts'
import { lifecycleTests } from './task/lifecycle.ts'
import { processTests } from './task/process.ts'
import { resourceTests } from './task/resources.ts'
import { stdioTests } from './task/stdio.ts'
import type { TaskShimTraits, TaskSuite } from './task/traits.ts'

export type { TaskShimFixture } from './task/driver.ts'
export type { TaskShimTraits } from './task/traits.ts'

/**
 * What every runc shim does, seen from outside: its executable is started as a daemon would, and spoken to over
 * its socket. `setup` makes a fresh place for each test.
 */
export function taskShimConformance(name: string, traits: TaskShimTraits, setup: () => Promise<TaskShimFixture>): void {
  describe(`${name}: task shim`, () => {
    const newest = traits.taskVersions.includes(3) ? 3 : 2
    const suite: TaskSuite = {
      traits,
      open: async (version = newest) => TaskDriver.open(await setup(), version, traits.startInput),
    }
    lifecycleTests(suite)
    errorTests(suite)
    execTests(suite)
    stdioTests(suite)
    resourceTests(suite)
    processTests(suite)
  })
}
