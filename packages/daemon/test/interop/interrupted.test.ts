// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import {
  busyboxEntries,
  eventually,
  makeImage,
  startProcess,
  startRegistry,
  startRegistryProxy,
} from '@containerd-ts/testkit'
import type { ManagedProcess, RegistryProxy, TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectClean, good, imageName, interopGate, lines, openWorld, provesOurs, taskStatus } from '../world.ts'
import type { World } from '../world.ts'

const bigBytes = 6_000_000

for (const which of ['ours', 'go'] as const) {
  const client = which === 'ours' ? 'our ctr' : 'Go ctr'
  describe.skipIf(!interopGate.open)(`cut off in the middle, with ${client}`, provesOurs(client), () => {
    interruptions(which)
  })
}

function interruptions(which: 'ours' | 'go'): void {
  let world: World
  let daemon: TestDaemon
  let proxy: RegistryProxy
  let ref: string
  let layer: string

  beforeAll(async () => {
    world = await openWorld()
    daemon = world.daemon
    const registry = world.use(await startRegistry())
    proxy = world.use(await startRegistryProxy(registry))
    const big = { name: 'big', data: randomBytes(bigBytes) }
    const image = await makeImage(world.temp.join('big'), { layers: [await busyboxEntries(), [big]] })
    layer = image.layers[1]?.digest ?? ''
    ref = (await registry.push(image, 'test/big', '1')).replace(registry.host, proxy.host)
    await good(daemon, 'images', 'import', world.archive)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  const ctr = (...args: readonly string[]) => (which === 'go' ? daemon.ctr(...args) : daemon.ourCtr(...args))
  const start = (...args: readonly string[]): Promise<ManagedProcess> =>
    startProcess({
      ...daemon.ctrCommand(which, ...args),
      env: daemon.env,
      logPath: world.temp.join(`log-${Math.random()}`),
    })
  const pull = ['images', 'pull', '--plain-http'] as const

  /** Starts a slow pull and returns when a good part of the big layer is there. */
  async function halfAPull(): Promise<ManagedProcess> {
    proxy.change({ bytesPerSecond: 3_000_000 })
    const pulling = await start(...pull, ref)
    await eventually('part of the layer', async () => {
      const part = lines((await daemon.ctr('content', 'active')).stdout).find((line) =>
        line.includes(layer.slice(7, 20)),
      )
      return part !== undefined && /\t\d+(\.\d+)?MB/.test(part)
    })
    return pulling
  }

  async function expectWholePull(): Promise<void> {
    proxy.change({})
    const said = await ctr(...pull, ref)
    expect(said.exitCode, said.stderr).toBe(0)
    expect(await good(daemon, 'images', 'check', `name==${ref}`)).toMatch(/complete \(3\/3\).* true/)
    await good(daemon, 'images', 'rm', '--sync', ref)
    for (const id of lines(await good(daemon, 'leases', 'ls', '-q'))) await good(daemon, 'leases', 'rm', '--sync', id)
    await expectClean(daemon)
  }

  it('by kill -9 of the daemon in the middle of a pull: the next pull goes on from there', async () => {
    await using pulling = await halfAPull()
    await daemon.stop('SIGKILL')
    await pulling.stop()
    const asked = proxy.asked.length
    await daemon.start()
    expect(await good(daemon, 'images', 'ls', '-q')).not.toContain(ref)
    await expectWholePull()
    const again = proxy.asked.slice(asked).filter((line) => line.startsWith('GET') && line.includes(layer))
    expect(again).toEqual([expect.stringMatching(/ bytes=[1-9]\d*-$/)])
  })

  it('by SIGTERM of the daemon in the middle of a pull', async () => {
    await using pulling = await halfAPull()
    await daemon.stop('SIGTERM')
    await pulling.stop()
    await daemon.start()
    await expectWholePull()
  })

  it('by Ctrl-C in the middle of a pull: nothing stays locked', async () => {
    await using pulling = await halfAPull()
    await pulling.stop('SIGINT')
    expect(await good(daemon, 'images', 'ls', '-q')).not.toContain(ref)
    await eventually(
      'no lease',
      async () => which === 'go' || lines(await good(daemon, 'leases', 'ls', '-q')).length === 0,
    )
    await expectWholePull()
  })

  it('by Ctrl-C in an attached run: the container is asked, and its answer is the exit status', async () => {
    const script = 'trap "exit 5" INT; while :; do sleep 0.05; done'
    await using running = await start('run', '--rm', imageName, 'asked', 'sh', '-c', script)
    await eventually('run', async () => (await taskStatus(daemon, 'asked')) === 'RUNNING')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await running.stop('SIGINT')
    expect(running.exitCode()).toBe(5)
    await expectClean(daemon)
  })

  it('by kill -9 of ctr in an attached run: the container runs on and can be deleted', async () => {
    await using running = await start(
      'run',
      '--rm',
      imageName,
      'alone',
      'sh',
      '-c',
      'while :; do echo line; sleep 0.05; done',
    )
    await eventually('run', async () => (await taskStatus(daemon, 'alone')) === 'RUNNING')
    await running.stop('SIGKILL')
    expect(await taskStatus(daemon, 'alone')).toBe('RUNNING')
    await daemon.ctr('tasks', 'rm', '-f', 'alone')
    await good(daemon, 'containers', 'rm', 'alone')
    await expectClean(daemon)
  })
}
