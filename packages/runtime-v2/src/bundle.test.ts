// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { silentLogger, type Logger } from '@containerd-ts/core'
import { native } from '@containerd-ts/native-sys'
import { eventually, tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { NS } from '../test/fake-shim.ts'
import { Bundle } from './bundle.ts'
import { ShimLog } from './shim-log.ts'
import { killSilentShims } from './silent-shim.ts'

const mounter = { unmountAll: () => Promise.resolve() }

async function setup() {
  const dir = await tempRoot('bundle-')
  const bundle = new Bundle({ rootDir: dir.join('root'), stateDir: dir.join('state') }, NS, 'a')
  return { dir, bundle, [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() }
}

describe('Bundle', () => {
  it('starts with an empty work directory and goes without a trace, twice', async () => {
    await using fx = await setup()
    await mkdir(join(fx.bundle.workPath, 'old'), { recursive: true })
    await fx.bundle.create(undefined)
    expect(readdirSync(fx.bundle.workPath)).toEqual([])
    expect(readdirSync(fx.bundle.path).toSorted()).toEqual(['rootfs', 'work'])
    for (let i = 0; i < 2; i++) await fx.bundle.remove(mounter)
    expect([readdirSync(fx.dir.join('state', NS)), readdirSync(fx.dir.join('root', NS))]).toEqual([[], []])
  })

  it('never deletes through what may be mounted', async () => {
    await using fx = await setup()
    await fx.bundle.create(undefined)
    await writeFile(join(fx.bundle.rootfs, 'data'), '')
    await expect(fx.bundle.remove(mounter)).rejects.toMatchObject({ code: 'ENOTEMPTY' })
    await expect(fx.bundle.remove({ unmountAll: () => Promise.reject(new Error('busy')) })).rejects.toThrow('busy')
    expect(existsSync(join(fx.bundle.rootfs, 'data'))).toBe(true)
  })

  it('unmounts what is mounted before it removes anything', async () => {
    await using fx = await setup()
    await fx.bundle.create(undefined)
    const data = join(fx.bundle.rootfs, 'data') // stands for a mount, which the kernel does not remove either
    await writeFile(data, '')
    const asked: string[] = []
    await fx.bundle.remove({
      unmountAll: async (target) => {
        asked.push(target)
        await rm(data)
      },
    })
    expect(asked).toEqual([fx.bundle.rootfs])
    expect(existsSync(fx.bundle.path)).toBe(false)
  })

  it('removes what is left in the work directory', async () => {
    await using fx = await setup()
    await fx.bundle.create(undefined)
    await mkdir(join(fx.bundle.workPath, 'criu'))
    await fx.bundle.remove(mounter)
    expect(readdirSync(fx.dir.join('root', NS))).toEqual([])
  })

  it('finishes a removal that was interrupted', async () => {
    await using fx = await setup()
    await mkdir(fx.dir.join('state', NS, '.a', 'left'), { recursive: true })
    await fx.bundle.create(undefined)
    await fx.bundle.remove(mounter)
    expect(readdirSync(fx.dir.join('state', NS))).toEqual([])
  })
})

describe('ShimLog', () => {
  it('sorts lines by their level and survives its writers', async () => {
    await using fx = await setup()
    await fx.bundle.create(undefined)
    const seen: string[] = []
    const note = (level: string) => (_message: string, fields?: object) =>
      void seen.push(`${level} ${JSON.stringify(fields)}`)
    const logger: Logger = { ...silentLogger, info: note('info'), error: note('error'), child: () => logger }
    await using log = await ShimLog.open(native, fx.bundle.path, logger)
    for (const text of ['time=x level=error msg=bad\npla', 'in\n']) await writeFile(join(fx.bundle.path, 'log'), text)
    await eventually('two lines', () => seen.length === 2)
    expect(seen).toEqual(['error {"line":"time=x level=error msg=bad"}', 'info {"line":"plain"}'])
    await log[Symbol.asyncDispose]()
    await using _again = await ShimLog.open(native, fx.bundle.path, logger)
  })
})

describe('killSilentShims', () => {
  it('ends what was started for the bundle and nothing else', async () => {
    await using fx = await setup()
    await fx.bundle.create(undefined)
    const start = (cwd: string, id: string) =>
      spawn('sh', ['-c', 'read x', 'shim', '-namespace', NS, '-id', id], { cwd, stdio: ['pipe', 'ignore', 'ignore'] })
    const [shim, other, elsewhere] = [start(fx.bundle.path, 'a'), start(fx.bundle.path, 'b'), start(fx.dir.path, 'a')]
    await Promise.all([shim, other, elsewhere].map((child) => once(child, 'spawn')))
    expect(await killSilentShims(fx.bundle)).toEqual([shim.pid])
    for (const child of [other, elsewhere]) {
      const gone = once(child, 'exit')
      child.stdin.end('\n')
      expect((await gone)[1]).toBeNull()
    }
  })
})
