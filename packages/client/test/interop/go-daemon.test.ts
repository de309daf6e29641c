// SPDX-License-Identifier: Apache-2.0
import { allOf, hasBinary, hasOverlayfs, hasPeers, requireRoot, startGoDaemon } from '@containerd-ts/testkit'
import { describe } from 'vitest'
import { clientScenarios } from '../client-scenarios.ts'

const gate = allOf(requireRoot(), hasOverlayfs(), hasBinary('runc'), hasPeers())

describe.skipIf(!gate.open)('typed client with the Go daemon', () => {
  clientScenarios(startGoDaemon)
})
