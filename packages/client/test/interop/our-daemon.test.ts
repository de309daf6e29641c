// SPDX-License-Identifier: Apache-2.0
import { allOf, hasBinary, hasOverlayfs, hasOwnShim, hasPeers, requireRoot, startDaemon } from '@containerd-ts/testkit'
import { describe } from 'vitest'
import { clientScenarios } from '../client-scenarios.ts'

const gate = allOf(requireRoot(), hasOverlayfs(), hasBinary('runc'), hasPeers(), hasOwnShim())

describe.skipIf(!gate.open)('typed client with our daemon', () => {
  clientScenarios(startDaemon)
})
