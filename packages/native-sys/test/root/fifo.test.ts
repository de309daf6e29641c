// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { native } from '@containerd-ts/native-sys'
import { beforeAll, describe, expect, it } from 'vitest'
import { openFds, scratch } from './scratch.ts'

// The monitor's own descriptors stay: open them before anything is counted.
beforeAll(() => native.waitWritable(1))

async function readAll(fd: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let bytes = await native.readFd(fd); bytes.length > 0; bytes = await native.readFd(fd)) parts.push(bytes)
  closeSync(fd)
  return Buffer.concat(parts)
}

describe('FIFOs', () => {
  it('have the mode asked for and open without waiting for the other side', async () => {
    await using s = scratch()
    await native.makeFifo(s.path('f'), 0o722)
    expect(statSync(s.path('f')).mode & 0o7777).toBe(0o722)
    for (const access of ['read', 'read-write'] as const) closeSync(await native.openFifo(s.path('f'), { access }))
    writeFileSync(s.path('file'), '')
    await expect(native.openFifo(s.path('file'), { access: 'read' })).rejects.toMatchObject({ code: 'EINVAL' })
    await expect(native.openFifo(s.path('none'), { access: 'write' })).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('a writer waits for a reader, not in the pool, and can be called off', async () => {
    await using s = scratch()
    await native.makeFifo(s.path('f'), 0o600)
    const before = openFds()
    await expect(
      native.openFifo(s.path('f'), { access: 'write', signal: AbortSignal.timeout(50) }),
    ).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(openFds()).toBe(before)
    const opening = Array.from({ length: 8 }, () => native.openFifo(s.path('f'), { access: 'write' }))
    await native.diskUsage(s.dir) // eight waiting writers leave the pool free
    const reader = await native.openFifo(s.path('f'), { access: 'read' })
    for (const fd of await Promise.all(opening)) closeSync(fd)
    closeSync(reader)
  })
})

describe('relay', () => {
  it('moves everything from a pipe to a FIFO and passes the end on', async () => {
    await using s = scratch()
    const before = openFds()
    await native.makeFifo(s.path('f'), 0o600)
    const reader = await native.openFifo(s.path('f'), { access: 'read' })
    const to = await native.openFifo(s.path('f'), { access: 'write' })
    const { read, write } = native.pipe()
    const relay = native.relay({ from: read, to })
    const data = Buffer.alloc(3_000_000, 'relay ')
    const [got] = await Promise.all([readAll(reader), native.writeFd(write, data).then(() => closeSync(write))])
    expect(got.equals(data)).toBe(true)
    expect(await relay.done).toEqual({ bytes: data.length, ended: 'eof' })
    expect(openFds()).toBe(before)
  })

  it('waits for the first writer of a FIFO and ends with the last', async () => {
    await using s = scratch()
    await native.makeFifo(s.path('f'), 0o600)
    const { read, write } = native.pipe()
    const relay = native.relay({ from: await native.openFifo(s.path('f'), { access: 'read' }), to: write })
    await delay(30)
    spawnSync('/bin/sh', ['-c', 'echo hello >"$0"', s.path('f')])
    expect((await readAll(read)).toString()).toBe('hello\n')
    expect(await relay.done).toEqual({ bytes: 6, ended: 'eof' })
  })

  it('survives a reader that comes and goes while a read end is kept', async () => {
    await using s = scratch()
    await native.makeFifo(s.path('f'), 0o600)
    const keep = await native.openFifo(s.path('f'), { access: 'read' })
    const { read, write } = native.pipe()
    const relay = native.relay({ from: read, to: await native.openFifo(s.path('f'), { access: 'write' }) })
    const first = await native.openFifo(s.path('f'), { access: 'read' })
    writeSync(write, 'one')
    expect((await native.readFd(first)).toString()).toBe('one')
    closeSync(first)
    writeSync(write, 'two')
    const second = await native.openFifo(s.path('f'), { access: 'read' })
    expect((await native.readFd(second)).toString()).toBe('two')
    closeSync(write)
    expect(await relay.done).toEqual({ bytes: 6, ended: 'eof' })
    closeSync(second)
    closeSync(keep)
  })

  it('ends or discards when nobody reads any more', async () => {
    const one = native.pipe()
    const gone = native.pipe()
    const relay = native.relay({ from: one.read, to: gone.write })
    closeSync(gone.read)
    writeSync(one.write, 'x')
    expect((await relay.done).ended).toBe('broken')
    closeSync(one.write)

    const two = native.pipe()
    const away = native.pipe()
    const discarding = native.relay({ from: two.read, to: away.write, onBroken: 'discard' })
    closeSync(away.read)
    await native.writeFd(two.write, Buffer.alloc(500_000))
    closeSync(two.write)
    expect(await discarding.done).toEqual({ bytes: 0, ended: 'eof' })
  })

  it('copies to files, between sockets with half-close, and stops on close', async () => {
    await using s = scratch()
    const first = native.pipe()
    const toFile = native.relay({ from: first.read, to: openSync(s.path('log'), 'a') })
    writeSync(first.write, 'line\n')
    closeSync(first.write)
    await toFile.done
    expect(readFileSync(s.path('log'), 'utf8')).toBe('line\n')

    const [a, b] = native.socketPair()
    const [c, d] = native.socketPair()
    const there = native.relay({ from: native.dup(b), to: native.dup(c) })
    const back = native.relay({ from: c, to: b })
    await native.writeFd(a, Buffer.from('ping'))
    expect((await native.readFd(d)).toString()).toBe('ping')
    await native.writeFd(d, Buffer.from('pong'))
    closeSync(d)
    expect((await readAll(a)).toString()).toBe('pong')
    expect(await back.done).toEqual({ bytes: 4, ended: 'eof' })
    there.close()
    expect((await there.done).bytes).toBe(4)

    const idle = native.pipe()
    const stopped = native.relay({ from: idle.read, to: native.dup(1) })
    stopped.close()
    expect(await stopped.done).toEqual({ bytes: 0, ended: 'closed' })
    closeSync(idle.write)
  })

  it('takes EIO of a terminal for a pause until the process has ended', async () => {
    const { master, slave, path } = native.openPty()
    const { read, write } = native.pipe()
    const relay = native.relay({ from: native.dup(master), to: write, end: 'pty' })
    writeSync(slave, 'one\n')
    expect((await native.readFd(read)).toString()).toBe('one\r\n')
    closeSync(slave) // nobody has it open: EIO on the master
    await delay(30)
    const again = openSync(path, 'r+')
    writeSync(again, 'two\n')
    expect((await native.readFd(read)).toString()).toBe('two\r\n')
    writeSync(again, 'three\n')
    closeSync(again)
    relay.finish()
    expect((await readAll(read)).toString()).toBe('three\r\n')
    expect((await relay.done).ended).toBe('eof')
    closeSync(master)
  })

  it('feeds a terminal from a FIFO', async () => {
    await using s = scratch()
    await native.makeFifo(s.path('f'), 0o600)
    const { master, slave } = native.openPty()
    const relay = native.relay({ from: await native.openFifo(s.path('f'), { access: 'read' }), to: native.dup(master) })
    const writer = await native.openFifo(s.path('f'), { access: 'write' })
    writeSync(writer, 'typed\n')
    expect((await native.readFd(slave)).toString()).toBe('typed\n')
    closeSync(writer)
    expect(await relay.done).toEqual({ bytes: 6, ended: 'eof' })
    for (const fd of [master, slave]) closeSync(fd)
  })
})

describe('descriptors', () => {
  it('duplicate onto numbers and report failures', async () => {
    const { read, write } = native.pipe({ nonBlocking: true })
    const high = native.dup(write, 200)
    expect(high).toBeGreaterThanOrEqual(200)
    native.dupTo(read, high)
    closeSync(write)
    expect(await native.readFd(high)).toHaveLength(0)
    closeSync(high)
    closeSync(read)
    expect(() => native.dup(9999)).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'fcntl' }))
    await expect(native.readFd(9999)).rejects.toMatchObject({ code: 'EBADF' })
  })

  it('a read can be called off', async () => {
    const { read, write } = native.pipe()
    await expect(native.readFd(read, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    writeSync(write, 'x')
    expect((await native.readFd(read, { maxBytes: 1 })).toString()).toBe('x')
    closeSync(read)
    await expect(native.writeFd(write, Buffer.from('x'))).rejects.toMatchObject({ code: 'EPIPE' })
    closeSync(write)
  })
})
