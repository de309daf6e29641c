// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDirectory, openStore } from './index.ts'

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
    await using _again = await lockDirectory(dir)
    expect(await readdir(dir)).toEqual(['lock.2'])
  })

  it('passes to the next when its holder was killed, together with the records', async () => {
    const program = `
      const { openStore, defineTable } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
      const store = await openStore(process.argv[1])
      await store.write((tx) => tx.put(defineTable('t'), ['k'], 'survives'))
      console.log('ready')
      setInterval(() => {}, 1000)`
    const child = spawn(
      process.execPath,
      ['--conditions=@containerd-ts/source', '--input-type=module', '-e', program, dir],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(child.stdout, 'data')
    await expect(openStore(dir)).rejects.toThrow(`in use by process ${child.pid}`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await using store = await openStore(dir)
    expect(store.read((tx) => tx.get({ name: 't' }, ['k']))).toBe('survives')
  })

  it('does not take another process for the holder because of its pid', async () => {
    await lockDirectory(dir)
    const text = await readFile(join(dir, 'lock.1'), 'utf8')
    await writeFile(join(dir, 'lock.1'), JSON.stringify({ ...JSON.parse(text), startTime: '1' }))
    await using _taken = await lockDirectory(dir)
    expect(JSON.parse(await readFile(join(dir, 'lock.2'), 'utf8'))).toMatchObject({ pid: process.pid })
  })

  it('clears garbage away', async () => {
    await writeFile(join(dir, 'lock.9'), '{"pid":')
    await writeFile(join(dir, 'lock-1-abcd'), 'unfinished')
    await using _lock = await lockDirectory(dir)
    expect(await readdir(dir)).toEqual(['lock.10'])
    expect(await readFile(join(dir, 'lock.10'), 'utf8')).toContain(`"pid":${process.pid}`)
  })

  it('lets exactly one of many starters in', async () => {
    await writeFile(join(dir, 'lock.1'), '')
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockDirectory(dir)))
    const taken = results.filter((result) => result.status === 'fulfilled')
    expect(taken).toHaveLength(1)
    await taken[0]!.value[Symbol.asyncDispose]()
  })

  it('leaves the decision to flock where it is given', async () => {
    const free = await lockDirectory(dir, () => true)
    await expect(lockDirectory(dir, () => false)).rejects.toThrow(`in use by process ${process.pid}`)
    await free[Symbol.asyncDispose]()
  })
})
