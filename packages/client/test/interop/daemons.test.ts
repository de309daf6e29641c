// SPDX-License-Identifier: Apache-2.0
import {
  allOf,
  hasBinary,
  hasOverlayfs,
  hasOwnShim,
  hasPeers,
  pairingName,
  pairings,
  proves,
  requireRoot,
  startPaired,
} from '@containerd-ts/testkit'
import { describe } from 'vitest'
import { clientScenarios } from '../client-scenarios.ts'

const gate = allOf(requireRoot(), hasOverlayfs(), hasBinary('runc'), hasPeers(), hasOwnShim())

for (const pairing of pairings) {
  const cell = { client: 'typed client', ...pairing } as const
  describe.skipIf(!gate.open)(`typed client with ${pairingName(pairing)}`, proves(cell), () => {
    clientScenarios(() => startPaired(pairing))
  })
}
