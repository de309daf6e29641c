// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import {
  allOf,
  eventually,
  hasOwnShim,
  makeImage,
  sha256,
  startDaemon,
  startRegistry,
  startRegistryProxy,
} from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ctrGate, expectBad, expectClean, imageName, openWorld } from '../world.ts'
import type { World } from '../world.ts'

describe.skipIf(!allOf(ctrGate, hasOwnShim()).open)('our ctr with a daemon that moves images itself', () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(startDaemon)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  it('says the same of a pull as the local way does', async () => {
    await using registry = await startRegistry()
    const ref = await registry.push(world.image, 'library/both', 'v1')
    const said = async (...flags: readonly string[]) => {
      const { stdout, stderr, exitCode } = await world.ctr('images', 'pull', ...flags, '--plain-http', ref)
      expect(exitCode, stderr).toBe(0)
      expect(await world.good('images', 'check', `name==${ref}`)).toMatch(/complete \(2\/2\).*true/)
      await world.good('images', 'rm', '--sync', ref)
      const plain = stdout.replace(/done: .*/, 'done')
      const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('elapsed'))
      return { plain, things: new Set(lines.map((line) => line.replace(/: \w+$/, ''))), lines }
    }
    const [daemon, local] = [await said(), await said('--local')]
    expect(daemon.plain).toBe(local.plain)
    expect(daemon.things).toEqual(local.things)
    expect(daemon.lines.slice(0, 2)).toEqual([`${ref}: resolving`, `${ref}: resolved`])
  })

  it('has the credentials that the daemon asks for, and tells what it asked the registry', async () => {
    await using registry = await startRegistry({ auth: { user: 'u', password: 'secret' } })
    const ref = await registry.push(world.image, 'library/guarded', 'v1')
    const pulled = await world.ctr('images', 'pull', '--plain-http', '--user', 'u:secret', '--http-dump', ref)
    expect(pulled).toMatchObject({ exitCode: 0 })
    expect(pulled.stderr).toContain(`> HEAD http://${registry.host}/v2/library/guarded/manifests/v1`)
    expect(pulled.stderr).toContain('< HTTP 401')
    expect(pulled.stderr).not.toContain(Buffer.from('u:secret').toString('base64'))
    const copy = `${registry.host}/library/copy:v1`
    await expectBad(world, /401|unauthori[sz]ed|authorization/i, 'images', 'push', '--plain-http', copy, ref)
    await world.good('images', 'push', '--plain-http', '--user', 'u:secret', copy, ref)
    await expectBad(world, /401|unauth|403/i, 'images', 'pull', '--plain-http', '--user', 'u:wrong', copy)
    await world.good('images', 'rm', '--sync', ref)
    await expectClean(world)
  })

  it('logs requests of its own', async () => {
    await using registry = await startRegistry()
    const ref = await registry.push(world.image, 'library/logged', 'v1')
    const { stderr } = await world.ctr('content', 'fetch-object', '--plain-http', '--http-trace', ref)
    expect(stderr).toMatch(/^< HTTP 200 GET http:.* \(\d+ ms\)$/m)
  })

  it('refuses flags that need the local way', async () => {
    for (const args of [
      ['pull', '--print-chainid', 'a.b/c:d'],
      ['pull', '--max-concurrent-downloads', '2', 'a.b/c:d'],
      ['pull', '--skip-verify', 'a.b/c:d'],
      ['push', '--http-dump', imageName],
      ['import', '--discard-unpacked-layers', world.archive],
    ]) {
      await expectBad(world, /"--[a-z-]+" requires "--local" flag/, 'images', ...args)
    }
  })

  it('leaves nothing of a pull that is interrupted, and ends soon', async () => {
    await using registry = await startRegistry()
    // Bytes that the daemon has from nowhere else.
    const layers = [[{ name: 'noise', data: randomBytes(1_000_000) }]]
    const image = await makeImage(world.temp.join('slow'), { layers, name: 'localhost/slow:v1' })
    const origin = await registry.push(image, 'library/slow', 'v1')
    await using slow = await startRegistryProxy(registry, { bytesPerSecond: 100_000 })
    const ref = origin.replace(registry.host, slow.host)
    const pull = world.start('-n', 'slow', 'images', 'pull', '--plain-http', ref)
    await eventually('a download', () => expect(pull.output()).toContain('downloading'))
    const interruptedAt = Date.now()
    pull.kill('SIGINT')
    expect(await pull.exited).toBe(1)
    expect(Date.now() - interruptedAt).toBeLessThan(4000)
    expect(pull.output()).toContain('ctr: interrupted by SIGINT')
    for (const list of ['images', 'leases']) expect(await world.good('-n', 'slow', list, 'ls', '-q')).toBe('')
    slow.change({})
    await world.good('-n', 'slow', 'images', 'pull', '--plain-http', ref)
    await world.good('-n', 'slow', 'images', 'rm', '--sync', ref)
  })

  it('imports from standard input and exports to standard output', async () => {
    const archive = await readFile(world.archive)
    const imported = await world.feed(archive, '-n', 'piped', 'images', 'import', '-')
    expect(imported).toMatchObject({ exitCode: 0 })
    expect(imported.stdout).toBe(`unpacking ${imageName} (${world.image.manifest.digest})...done\n`)
    const exported = await world.ctr('-n', 'piped', 'images', 'export', '-', imageName)
    const local = await world.ctr('-n', 'piped', 'images', 'export', '--local', '-', imageName)
    expect(sha256(exported.stdoutBytes)).toBe(sha256(local.stdoutBytes))
    await world.good('-n', 'piped', 'images', 'rm', '--sync', imageName)
  })

  it('stores nothing of an archive that is damaged or not there, and leaves no half of a file', async () => {
    const damaged = world.temp.join('damaged.tar')
    await writeFile(damaged, (await readFile(world.archive)).subarray(0, 200_000))
    await expectBad(world, /./, '-n', 'damaged', 'images', 'import', damaged)
    await expectBad(world, /ENOENT/, '-n', 'damaged', 'images', 'import', world.temp.join('none.tar'))
    expect(await world.good('-n', 'damaged', 'images', 'ls', '-q')).toBe('')
    expect(await world.good('-n', 'damaged', 'leases', 'ls', '-q')).toBe('')
    const out = world.temp.join('half.tar')
    await expectBad(world, /not found/, 'images', 'export', out, 'localhost/none:v1')
    expect(existsSync(out)).toBe(false)
  })
})
