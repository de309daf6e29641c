// SPDX-License-Identifier: Apache-2.0
import { Code } from '@containerd-ts/errdefs'
import { allOf, hasBinary, hasPeers, requireRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { ManagerRig } from '../harness.ts'
import { taskScenarios } from '../task-scenarios.ts'

const gate = allOf(requireRoot(), hasBinary('runc'), hasPeers())

taskScenarios({ name: 'the Go shim 1.6', gate, runtime: 'io.containerd.runc.v2', version: 2 })

describe.skipIf(!gate.open)('the Go shim 1.6 in particular', () => {
  it('says that this shim knows no info', async () => {
    await using rig = await ManagerRig.open()
    await expect(rig.call('', 'runtimeInfo', 'io.containerd.runc.v2')).rejects.toMatchObject({
      code: Code.Unimplemented,
    })
  })
})
