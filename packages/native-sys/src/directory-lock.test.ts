// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDirectory } from './index.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lock-'))
})
afterEach(() => rm(dir, { recursive: true }))

describe('directory lock', () => {
  it('keeps a second holder out, naming the first, until disposed', async () => {
    const lock = await lockDirectory(dir)
    await expect(lockDirectory(dir)).rejects.toThrow(`${dir} is in use by process ${process.pid}`)
    await lock[Symbol.asyncDispose]()
    await lock[Symbol.asyncDispose]()
    await using _again = await lockDirectory(dir)
    expect(await readdir(dir)).toEqual(['lock'])
  })

  it('passes to the next when its holder was killed', async () => {
    const program = `
      const { lockDirectory } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
      await lockDirectory(process.argv[1])
      console.log('ready')
      setInterval(() => {}, 1000)`
    const options = ['--conditions=@containerd-ts/source', '--input-type=module', '-e', program, dir]
    const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    await expect(lockDirectory(dir)).rejects.toThrow(`in use by process ${child.pid}`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await using _taken = await lockDirectory(dir)
  })

  it('lets exactly one of many starters in', async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(dir)))
    const taken = results.filter((result) => result.status === 'fulfilled')
    expect(taken).toHaveLength(1)
    await taken[0]!.value[Symbol.asyncDispose]()
  })

  it('leaves a directory be under another name', async () => {
    await using _one = await lockDirectory(dir, 'one')
    await using _other = await lockDirectory(dir, 'other')
    expect(await readdir(dir)).toEqual(['one', 'other'])
  })
})
