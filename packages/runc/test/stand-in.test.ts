// SPDX-License-Identifier: Apache-2.0
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { tempRoot } from '@containerd-ts/testkit'
import type { TempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { readPidFile, Runc, RuntimeExitError } from '@containerd-ts/runc'

/** A runtime made of shell: writes its arguments down, then does `body`. */
async function standIn(temp: TempRoot, body: string): Promise<Runc> {
  const command = temp.join('stand-in')
  await writeFile(command, `#!/bin/sh\necho "$@" >>${temp.join('calls')}\n${body}\n`)
  await chmod(command, 0o755)
  return new Runc({ command, root: '/root/ns', log: temp.join('log.json'), env: { PATH: process.env['PATH'] ?? '' } })
}

const calls = async (temp: TempRoot): Promise<string[]> =>
  (await readFile(temp.join('calls'), 'utf8')).trim().split('\n')

describe('a runtime command', () => {
  it('gets the global flags before the subcommand, and features none', async () => {
    await using temp = await tempRoot('runc-')
    const runc = await standIn(temp, 'echo "{}"')
    await runc.start('c')
    await runc.kill('c', 15, { all: true })
    await runc.delete('c', { force: true })
    expect(await runc.features()).toBe('{}\n')
    const global = `--root /root/ns --log ${temp.join('log.json')} --log-format json`
    expect(await calls(temp)).toEqual([
      `${global} start c`,
      `${global} kill --all c 15`,
      `${global} delete --force c`,
      'features',
    ])
  })

  it('reads resources from its input and a process from a file that is gone afterwards', async () => {
    await using temp = await tempRoot('runc-')
    const runc = await standIn(
      temp,
      `case "$*" in *update*) cat >${temp.join('input')};; *exec*) cat "$9" >${temp.join('process')};; esac`,
    )
    await runc.update('c', Buffer.from('{"pids":{}}'))
    expect(await readFile(temp.join('input'), 'utf8')).toBe('{"pids":{}}')
    await runc.exec('c', { process: '{"args":[]}', pidFile: '/p' })
    expect(await readFile(temp.join('process'), 'utf8')).toBe('{"args":[]}')
    const file = /--process (\S+)/.exec((await calls(temp))[1] ?? '')?.[1] ?? ''
    await expect(readdir(file.slice(0, file.lastIndexOf('/')))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('parses pids, also of an empty container', async () => {
    await using temp = await tempRoot('runc-')
    const runc = await standIn(temp, 'echo noise >&2; case "$*" in *none) echo null;; *) echo "[1,22]";; esac')
    expect(await runc.ps('c')).toEqual([1, 22])
    expect(await runc.ps('none')).toEqual([])
  })

  it('fails with status and output', async () => {
    await using temp = await tempRoot('runc-')
    const runc = await standIn(temp, 'echo out; echo err >&2; exit 3')
    const error: unknown = await runc.start('c').catch((e: unknown) => e)
    expect(error).toBeInstanceOf(RuntimeExitError)
    expect(error).toMatchObject({ status: 3, output: 'out\nerr\n' })
  })

  it('is killed by an abort, which is what the caller hears of', async () => {
    await using temp = await tempRoot('runc-')
    const runc = await standIn(temp, 'exec sleep 100')
    const reason = new Error('enough')
    const abort = new AbortController()
    setTimeout(() => abort.abort(reason), 50)
    await expect(runc.start('c', { signal: abort.signal })).rejects.toBe(reason)
  })

  it('is not held up by a descendant that keeps its output open', async () => {
    await using temp = await tempRoot('runc-')
    const runc = await standIn(temp, 'sleep 3 & exit 0')
    const before = performance.now()
    await runc.start('c')
    expect(performance.now() - before).toBeLessThan(2_000)
  })

  it('says which executable is missing', () => {
    expect(() => new Runc({ command: 'no-such-runtime', root: '/', log: '/l' }).executable()).toThrow(
      '"no-such-runtime": executable file not found',
    )
  })
})

describe('a pid file', () => {
  it('holds digits and nothing else', async () => {
    await using temp = await tempRoot('runc-')
    await writeFile(temp.join('good'), '42')
    expect(await readPidFile(temp.join('good'))).toBe(42)
    for (const bad of ['', '42\n', '0', 'x']) {
      await writeFile(temp.join('bad'), bad)
      await expect(readPidFile(temp.join('bad'))).rejects.toThrow('holds no pid')
    }
  })
})
