// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Exit, ProcessState } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { allOf, eventually, hasBinary, hasPeers, isAlive, requireRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { ManagerRig } from '../harness.ts'
import { expectNothingLeft, shimPids, SLEEP, startSleeper } from '../rig-checks.ts'
import { taskScenarios } from '../task-scenarios.ts'

const gate = allOf(requireRoot(), hasBinary('runc'), hasPeers())

taskScenarios({ name: 'the Go shim 1.6', gate, runtime: 'io.containerd.runc.v2', version: 2 })

describe.skipIf(!gate.open)('the Go shim 1.6 in particular', () => {
  it('kills a shim that hangs in the middle of a create, and its container', async () => {
    await using rig = await ManagerRig.open()
    execFileSync('mkfifo', [rig.dir.join('out')])
    const create = rig.create('a', SLEEP, { stdout: rig.dir.join('out'), stderr: '' }).catch((error: unknown) => error)
    const pid = await eventually('an init', async () =>
      Number(await readFile(join(rig.bundle('a'), 'init.pid'), 'utf8')),
    )
    await rig.crash()
    await create
    await rig.start({ loadMs: 500 })
    expect(await rig.call('', 'list')).toEqual([])
    await eventually('end of the init', () => !isAlive(pid))
    await expectNothingLeft(rig, 'a')
  })

  it('joins the shim of a sandbox by its address, over the older task API too', async () => {
    await using rig = await ManagerRig.open()
    await startSleeper(rig, 'pod')
    const { address } = JSON.parse(await readFile(join(rig.bundle('pod'), 'bootstrap.json'), 'utf8')) as {
      address: string
    }
    const join3 = { sandboxId: 'pod', taskApiAddress: `ttrpc+${address}`, taskApiVersion: 3 }
    const { pid } = await rig.create('a', ['sh', '-c', 'exit 4'], join3)
    expect(shimPids(rig)).toHaveLength(1)
    expect(await readFile(join(rig.bundle('a'), 'sandbox'), 'utf8')).toBe('pod')
    expect(await rig.call('a', 'start')).toBe(pid)
    expect((await rig.call<Exit>('a', 'wait')).status).toBe(4)
    await rig.call('a', 'delete')
    expect(existsSync(rig.bundle('a'))).toBe(false)
    expect(await rig.call<ProcessState>('pod', 'state')).toMatchObject({ status: 'running' })
    await rig.call('pod', 'kill', 9)
    await rig.call('pod', 'wait')
    await rig.call('pod', 'delete')
    await expectNothingLeft(rig, 'pod')
  })

  it('says that this shim knows no info', async () => {
    await using rig = await ManagerRig.open()
    await expect(rig.call('', 'runtimeInfo', 'io.containerd.runc.v2')).rejects.toMatchObject({
      code: Code.Unimplemented,
    })
  })
})
