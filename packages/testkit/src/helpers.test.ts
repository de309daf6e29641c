// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { allOf, findBinary, gate, hasBinary } from './gates.ts'
import { leftovers, trackLeaks } from './leaks.ts'
import { startProcess } from './managed-process.ts'
import { mountTable } from './mount-table.ts'
import { isAlive, processes, withDescendants } from './processes.ts'
import { mustRun, runCommand } from './run-command.ts'
import { tempRoot } from './temp-root.ts'

describe('tempRoot', () => {
  it('is there until it is disposed of, then gone with its content', async () => {
    let path: string
    {
      await using tmp = await tempRoot()
      path = tmp.path
      await writeFile(tmp.join('f'), 'x')
      expect(existsSync(path)).toBe(true)
    }
    expect(existsSync(path)).toBe(false)
  })
})

describe('runCommand', () => {
  it('gives output and exit status, whatever they are', async () => {
    const result = await runCommand('sh', ['-c', 'cat; echo oops >&2; exit 3'], { input: 'in' })
    expect(result).toMatchObject({ exitCode: 3, signal: undefined, stdout: 'in', stderr: 'oops\n', timedOut: false })
  })

  it('kills the whole group at the timeout', async () => {
    const result = await runCommand('sh', ['-c', 'sleep 60 & echo $!; wait'], { timeoutMs: 300 })
    expect(result).toMatchObject({ timedOut: true, signal: 'SIGKILL' })
    await eventually('end of the grandchild', () => !isAlive(Number(result.stdout)))
  })

  it('rejects when the program does not exist', async () => {
    await expect(runCommand('/nonexistent')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('mustRun throws what the program said', async () => {
    await expect(mustRun('sh', ['-c', 'echo reason >&2; false'])).rejects.toThrow('reason')
  })
})

describe('eventually', () => {
  it('returns the first value and survives errors before it', async () => {
    let tries = 0
    const value = await eventually('a value', () => {
      tries += 1
      if (tries === 1) throw new Error('not yet')
      return tries > 2 ? 'done' : undefined
    })
    expect(value).toBe('done')
  })

  it('fails with what it waited for and the last error as cause', async () => {
    const probe = () => {
      throw new Error('still broken')
    }
    await expect(eventually('the thing', probe, { timeoutMs: 30 })).rejects.toMatchObject({
      message: 'the thing: not within 30 ms',
      cause: { message: 'still broken' },
    })
  })
})

describe('gates', () => {
  it('name the reason when closed, the first one for several', () => {
    const closed = gate(false, 'needs the moon')
    expect(closed).toEqual({ open: false, reason: 'needs the moon' })
    expect(allOf(hasBinary('sh'), closed, gate(false, 'needs the sun'))).toBe(closed)
    expect(allOf(hasBinary('sh'))).toEqual({ open: true, reason: undefined })
  })

  it('look for programs in the given path', () => {
    expect(findBinary('sh', '/bin')).toBe('/bin/sh')
    expect(findBinary('no-such-program')).toBeUndefined()
  })
})

describe('leaks', () => {
  it('an open file is reported, a closed one is not', async () => {
    const watch = trackLeaks({ marks: [], graceMs: 0 })
    await using file = await open('/etc/hostname')
    await expect(watch[Symbol.asyncDispose]()).rejects.toThrow(/open file \d+: \/etc\/hostname/)
    await file.close()
    await watch[Symbol.asyncDispose]()
  })

  it('a process that carries the mark is reported until it ends', async () => {
    await using tmp = await tempRoot('ctd-leak-')
    {
      await using child = await startProcess({
        program: 'sh',
        args: ['-c', `sleep 30; : ${tmp.path}`],
        logPath: tmp.join('log'),
      })
      expect(leftovers([tmp.path])).toEqual([expect.stringContaining(`process ${child.pid}`)])
    }
    expect(leftovers([tmp.path])).toEqual([])
  })
})

describe('startProcess', () => {
  it('stops by signal, and by SIGKILL when that is ignored', async () => {
    await using tmp = await tempRoot()
    const script = 'trap "" TERM; echo ready; while :; do sleep 0.05; done'
    const child = await startProcess({ program: 'sh', args: ['-c', script], logPath: tmp.join('log') })
    await eventually('the trap is set', () => child.log().includes('ready'))
    await child.stop('SIGTERM', 100)
    expect(child.isRunning()).toBe(false)
    await child.stop()
  })
})

describe('process table', () => {
  it('finds this process and its children', async () => {
    await using tmp = await tempRoot()
    await using child = await startProcess({ program: 'sleep', args: ['30'], logPath: tmp.join('log') })
    expect(withDescendants([process.pid]).map(({ pid }) => pid)).toEqual(
      expect.arrayContaining([process.pid, child.pid]),
    )
    expect(processes().find(({ pid }) => pid === child.pid)?.parent).toBe(process.pid)
  })
})

describe('mount table', () => {
  it('has a root and /proc', () => {
    expect(mountTable().map(({ path }) => path)).toEqual(expect.arrayContaining(['/', '/proc']))
  })
})

describe('freePort', () => {
  it('can be listened on', async () => {
    const port = await freePort()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    expect(server.listening).toBe(true)
    await new Promise((resolve) => server.close(resolve))
  })
})
