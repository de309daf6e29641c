// SPDX-License-Identifier: Apache-2.0
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { native } from '@containerd-ts/native-sys'
import { tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { createFifoSet } from './fifo-set.ts'
import { joinProcessIo, openProcessIo } from './process-io.ts'
import { removeFifos } from './remove-fifos.ts'
import { copyStdio } from './stdio-copy.ts'

const fifoMode = 0o10700

describe('FIFO set', () => {
  it('makes three FIFOs of the original name and mode, and removes them', async () => {
    await using temp = await tempRoot()
    const set = await createFifoSet({ directory: temp.join('fifo'), id: 'c', terminal: false })
    for (const name of ['stdin', 'stdout', 'stderr'] as const) {
      expect(set.io[name].endsWith(`/c-${name}`)).toBe(true)
      expect(statSync(set.io[name]).mode).toBe(fifoMode)
    }
    await set[Symbol.asyncDispose]()
    expect(existsSync(set.io.stdin)).toBe(false)
  })

  it('has no stderr for a terminal', async () => {
    await using temp = await tempRoot()
    await using set = await createFifoSet({ directory: temp.path, id: 'c', terminal: true })
    expect(set.io).toMatchObject({ stderr: '', terminal: true })
  })
})

describe('copying', () => {
  it('brings output of both streams to files, up to the end', async () => {
    await using temp = await tempRoot()
    await using set = await createFifoSet({ directory: temp.path, id: 'c', terminal: false })
    const [out, err] = ['out', 'err'].map((name) => openSync(temp.join(name), 'w'))
    const copy = await copyStdio(set.io, { stdout: out, stderr: err })
    for (const [path, text] of [
      [set.io.stdout, 'to out'],
      [set.io.stderr, 'to err'],
    ] as const) {
      const fd = await native.openFifo(path, { access: 'write' })
      await native.writeFd(fd, Buffer.from(text))
      native.close(fd)
    }
    await copy.outputDone
    expect(readFileSync(temp.join('out'), 'utf8')).toBe('to out')
    expect(readFileSync(temp.join('err'), 'utf8')).toBe('to err')
    for (const fd of [out, err]) closeSync(fd as number)
    await copy[Symbol.asyncDispose]()
  })

  it('brings a file to the input and tells when it has ended', async () => {
    await using temp = await tempRoot()
    await using set = await createFifoSet({ directory: temp.path, id: 'c', terminal: false })
    writeFileSync(temp.join('in'), 'typed')
    const input = openSync(temp.join('in'), 'r')
    const copy = await copyStdio(set.io, { stdin: input })
    const reader = await native.openFifo(set.io.stdin, { access: 'read' })
    expect((await native.readFd(reader)).toString()).toBe('typed')
    await copy.inputDone
    native.close(reader)
    closeSync(input)
    await copy[Symbol.asyncDispose]()
  })

  it('leaves the flags of a pipe that others share alone', async () => {
    await using temp = await tempRoot()
    await using set = await createFifoSet({ directory: temp.path, id: 'c', terminal: false })
    const { read, write } = native.pipe()
    const copy = await copyStdio(set.io, { stdout: write })
    const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${write}`, 'utf8'))?.[1] ?? ''
    expect(Number.parseInt(flags, 8) & 0o4000).toBe(0)
    await copy[Symbol.asyncDispose]()
    for (const fd of [read, write]) native.close(fd)
  })

  it('cuts everything off at disposal, though nobody ever came', async () => {
    await using temp = await tempRoot()
    const { read, write } = native.pipe()
    const io = await openProcessIo('c', {
      kind: 'fifo',
      directory: temp.path,
      terminal: false,
      local: { stdin: read, stdout: write, stderr: write },
    })
    await io[Symbol.asyncDispose]()
    expect(existsSync(io.io.stdout)).toBe(false)
    for (const fd of [read, write]) native.close(fd)
  })
})

describe('streams without FIFOs', () => {
  it('name a log, once for a terminal', async () => {
    expect((await openProcessIo('c', { kind: 'log', uri: 'file:///l', terminal: false })).io).toEqual({
      stdin: '',
      stdout: 'file:///l',
      stderr: 'file:///l',
      terminal: false,
    })
    expect((await openProcessIo('c', { kind: 'log', uri: 'file:///l', terminal: true })).io.stderr).toBe('')
  })

  it('are none at all', async () => {
    const { io, copy } = await openProcessIo('c', { kind: 'null' })
    expect([io.stdin, io.stdout, io.stderr, copy]).toEqual(['', '', '', undefined])
  })
})

describe('removing FIFOs', () => {
  it('takes the directory that held only them, and nothing else', async () => {
    await using temp = await tempRoot()
    const set = await createFifoSet({ directory: temp.path, id: 'c', terminal: false })
    const log = temp.join('log')
    mkdirSync(temp.join('d'))
    writeFileSync(log, '')
    await removeFifos({ ...set.io, stderr: log })
    expect(existsSync(set.io.stdin)).toBe(false)
    expect(existsSync(log)).toBe(true)
    await removeFifos(set.io)
    await set[Symbol.asyncDispose]()
  })

  it('leaves URIs and missing paths alone', async () => {
    await removeFifos({ stdin: '', stdout: 'file:///etc/passwd', stderr: '/nonexistent/x', terminal: false })
    expect(existsSync('/etc/passwd')).toBe(true)
  })

  it('joins streams that lead to a log without opening anything', async () => {
    const io = await joinProcessIo(
      { stdin: '', stdout: 'file:///l', stderr: 'file:///l', terminal: false },
      { stdout: 1 },
    )
    expect(io.copy).toBeUndefined()
    await io[Symbol.asyncDispose]()
  })
})
