// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { allOf, hasOwnShim, startDaemon, tempRoot } from '@containerd-ts/testkit'
import type { TempRoot } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ctrGate, expectBad, expectClean, imageName, openWorld } from '../world.ts'
import type { World } from '../world.ts'

/** Commands for what a daemon of 1.6 does not have. */
describe.skipIf(!allOf(ctrGate, hasOwnShim()).open)('our ctr with our daemon', () => {
  let world: World
  let places: TempRoot
  beforeAll(async () => {
    places = await tempRoot('ctd-places-')
    const config = [
      'version = 3',
      `plugins."io.containerd.internal.v1.opt".path = "${places.join('opt')}"`,
      `plugins."io.containerd.server.v1.debug".address = "${places.join('debug.sock')}"`,
    ].join('\n')
    world = await openWorld(() => startDaemon({ config }))
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
    await places[Symbol.asyncDispose]()
  })
  const good = (...args: readonly string[]) => world.good(...args)

  it('installs programs of an image where the daemon looks for them', async () => {
    await good('install', imageName)
    expect(await readdir(places.join('opt/bin'))).toContain('busybox')
    await expectBad(world, /cannot replace bin\//, 'install', imageName)
    await good('install', '--replace', imageName)
    await good('install', '--libs', '--path', places.join('elsewhere'), imageName)
    expect(await readdir(places.path)).toContain('elsewhere')
    await expectClean(world)
  })

  it('prints profiles of the daemon, and says where nobody listens', async () => {
    const pprof = ['pprof', '--debug-socket', places.join('debug.sock')]
    expect((await good(...pprof, 'goroutines')).length).toBeGreaterThan(0)
    expect((await good(...pprof, 'profile', '--seconds', '1s')).length).toBeGreaterThan(0)
    await expectBad(world, /debug socket .*none\.sock/, 'pprof', '-d', places.join('none.sock'), 'heap')
  })

  it('speaks with a shim past the daemon', async () => {
    await good('run', '-d', imageName, 'direct', 'sleep', '1000')
    const bundle = join(world.daemon.state, 'io.containerd.runtime.v2.task/default/direct')
    const { address } = JSON.parse(await readFile(join(bundle, 'bootstrap.json'), 'utf8')) as { address: string }
    const shim = ['shim', '--id', 'direct', '--shim-address', address]
    expect(JSON.parse(await good(...shim, 'state'))).toMatchObject({ id: 'direct' })
    expect(await good(...shim, 'exec', '--env', 'PATH=/bin', 'probe', 'true')).toMatch(/^process \d+ started\n$/)
    await expectBad(world, /not supported/, ...shim, 'pprof', 'heap')
    await expectBad(world, /shim socket/, 'shim', '--id', 'absent', 'state')
    await good('tasks', 'rm', '-f', 'direct')
    await good('containers', 'rm', 'direct')
    await expectClean(world)
  })

  it('leaves nothing of a sandbox that the runtime does not offer, and says why', async () => {
    const spec = places.join('sandbox.json')
    await writeFile(spec, await good('oci', 'spec'))
    await expectBad(world, /Sandbox: not implemented/, 'sandboxes', 'run', spec, 'sb')
    expect(await good('sandboxes', 'ls')).toMatch(/^ID +CREATED +RUNTIME *\n$/)
    await expectBad(world, /not found/, 'sandboxes', 'info', 'sb')
    await expectBad(world, /not found/, 'sandboxes', 'rm', 'sb')
    await writeFile(spec, 'no json')
    await expectBad(world, /cannot read sandbox config/, 'sandboxes', 'run', spec, 'sb')
    await expectClean(world)
  })

  it.each([
    [/--cni is not supported/, ['run', '--cni', imageName, 'x']],
    [/--gpus is not supported/, ['run', '--gpus', '0', imageName, 'x']],
    [/CDI device .* is not supported/, ['run', '--device', 'vendor.com/class=a', imageName, 'x']],
    [/images convert --erofs is not supported/, ['images', 'convert', '--erofs', 'raw', imageName, 'localhost/x:y']],
  ])('refuses what is not built: %s', async (message, args) => {
    await expectBad(world, message, ...args)
  })

  it('keeps nothing in a namespace called version', async () => {
    await expectBad(world, /incompatible value/, 'namespaces', 'create', 'version')
    await expectBad(world, /incompatible value/, '-n', 'version', 'leases', 'create')
    expect(await good('namespaces', 'ls', '-q')).not.toContain('version')
  })
})
