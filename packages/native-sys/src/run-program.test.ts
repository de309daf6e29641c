// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { native } from './native/native.ts'
import { runProgram } from './run-program.ts'
import type { ProgramRequest } from './run-program.ts'

const sh = (script: string, more: Partial<ProgramRequest> = {}) =>
  runProgram(native, { path: '/bin/sh', args: ['-c', script], ...more })

describe('runProgram', () => {
  it('passes input in, and brings status and output back', async () => {
    const stdin = Buffer.alloc(200_000, 'x')
    expect(await sh('wc -c; echo no >&2; exit 3', { stdin })).toEqual({ status: 3, stdout: '200000\n', stderr: 'no\n' })
  })

  it('ends also when its input is not read, and drops what is too much of its output', async () => {
    const stdin = Buffer.alloc(1_000_000)
    const { status, stdout } = await sh('head -c 300000 /dev/zero', { stdin, maxOutputBytes: 100 })
    expect([status, stdout.length]).toEqual([0, 100])
  })

  it('does not wait for what it leaves behind', async () => {
    const started = performance.now()
    expect((await sh('sleep 3 & echo started')).stdout).toBe('started\n')
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it('kills its whole group', async () => {
    const child = sh('sleep 60 & echo $!; wait', { signal: AbortSignal.timeout(200) })
    await expect(child).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('gives the environment asked for', async () => {
    expect((await sh('echo $A', { env: { A: 'b' } })).stdout).toBe('b\n')
    await expect(runProgram(native, { path: '/does/not/exist', args: [] })).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
