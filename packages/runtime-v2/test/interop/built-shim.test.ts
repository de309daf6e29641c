// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { allOf, gate, hasBinary, hasPeers, requireRoot } from '@containerd-ts/testkit'
import { taskScenarios } from '../task-scenarios.ts'

const runtime = join(import.meta.dirname, '../../../../dist/bin/containerd-shim-runc-v2')
const isBuilt = gate(existsSync(runtime), 'needs dist/bin/containerd-shim-runc-v2, which npm run build makes')

taskScenarios({
  name: 'our shim',
  gate: allOf(requireRoot(), hasBinary('runc'), hasPeers(), isBuilt),
  runtime,
  version: 3,
})
