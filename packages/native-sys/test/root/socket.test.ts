// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { Inotify, native } from '@containerd-ts/native-sys'
import type { InotifyEvent } from '@containerd-ts/native-sys'
import { beforeAll, describe, expect, it } from 'vitest'
import { openFds, scratch } from './scratch.ts'

// The monitor's own descriptors stay: open them before anything is counted.
beforeAll(() => native.waitWritable(1))

describe('unix sockets', () => {
  it('pass descriptors both ways', async () => {
    await using s = scratch()
    const before = openFds()
    writeFileSync(s.path('f'), 'content')
    const [a, b] = native.socketPair()
    const fds = [openSync(s.path('f'), 'r'), openSync('/dev/null', 'r')]
    await native.sendFds(a, Buffer.from('hello'), fds)
    for (const fd of fds) closeSync(fd)
    const { data, fds: got } = await native.receiveFds(b)
    expect(data.toString()).toBe('hello')
    expect(got).toHaveLength(2)
    expect(readFileSync(got[0] ?? -1, 'utf8')).toBe('content')
    for (const fd of [...got, a]) closeSync(fd)
    expect(await native.receiveFds(b)).toEqual({ data: Buffer.alloc(0), fds: [] })
    closeSync(b)
    expect(openFds()).toBe(before)
  })

  it('serve on an inherited listener and know the peer', async () => {
    await using s = scratch()
    const fd = native.listenUnix(s.path('s'), { mode: 0o600 })
    expect(statSync(s.path('s')).mode & 0o777).toBe(0o600)
    expect(() => native.listenUnix(s.path('s'))).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE', syscall: 'bind' }),
    )
    const server = createServer()
    const accepted = once(server, 'connection') as Promise<[Socket]>
    server.listen({ fd })
    const client = connect(s.path('s'))
    const [socket] = await accepted
    expect(native.peerCredentials(socket)).toEqual({
      pid: process.pid,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
    })
    client.destroy()
    socket.destroy()
    server.close()
  })

  it('refuse long names, take abstract ones', async () => {
    expect(() => native.listenUnix(`/${'x'.repeat(107)}`)).toThrow(expect.objectContaining({ code: 'ENAMETOOLONG' }))
    const name = `\0native-sys-${process.pid}`
    const listener = native.listenUnix(name)
    const client = native.connectUnix(name)
    const served = await native.acceptUnix(listener)
    await native.writeFd(client, Buffer.from('x'))
    expect((await native.readFd(served)).toString()).toBe('x')
    for (const fd of [listener, client, served]) closeSync(fd)
    expect(() => native.connectUnix(name)).toThrow(expect.objectContaining({ code: 'ECONNREFUSED' }))
  })

  it('hand over a console', async () => {
    await using s = scratch()
    const listener = native.listenUnix(s.path('c'))
    const { master, slave } = native.openPty()
    const send = async (fds: number[]): Promise<void> => {
      const client = native.connectUnix(s.path('c'))
      await native.sendFds(client, Buffer.from('/dev/pts/9'), fds)
      closeSync(client)
    }
    const receiving = native.receiveConsole(listener)
    await send([master])
    const { name, fd } = await receiving
    expect(name).toBe('/dev/pts/9')
    expect(native.isTerminal(fd)).toBe(true)
    closeSync(fd)
    const none = openSync('/dev/null', 'r')
    await send([master, slave])
    await expect(native.receiveConsole(listener)).rejects.toMatchObject({ code: 'EPROTO' })
    await send([none])
    await expect(native.receiveConsole(listener)).rejects.toMatchObject({ code: 'ENOTTY' })
    await expect(native.receiveConsole(listener, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    for (const open of [none, master, slave, listener]) closeSync(open)
  })
})

describe('terminals', () => {
  it('have a size, a raw mode and a way back', async () => {
    const { master, slave, path } = native.openPty({ rows: 3, columns: 5 })
    expect(native.getWindowSize(slave)).toEqual({ rows: 3, columns: 5 })
    native.setWindowSize(master, { rows: 50, columns: 132 })
    expect(native.getWindowSize(slave)).toEqual({ rows: 50, columns: 132 })
    expect(existsSync(path)).toBe(true)
    const restore = native.makeRaw(slave)
    writeSync(slave, 'a\n')
    expect((await native.readFd(master)).toString()).toBe('a\n')
    restore()
    writeSync(slave, 'a\n')
    expect((await native.readFd(master)).toString()).toBe('a\r\n')
    closeSync(slave)
    closeSync(master)
    const file = openSync('/dev/null', 'r')
    expect(native.isTerminal(file)).toBe(false)
    expect(() => native.makeRaw(file)).toThrow(expect.objectContaining({ code: 'ENOTTY' }))
    closeSync(file)
  })
})

describe('monitor', () => {
  it('reads eventfds', async () => {
    const fd = native.eventFd()
    const writer = native.dup(fd)
    const counts: number[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const watch = native.watchEventFd(fd, (count) => (counts.push(count), resolve()))
    writeSync(writer, new Uint8Array(new BigUint64Array([3n]).buffer))
    await promise
    expect(counts).toEqual([3])
    watch[Symbol.dispose]()
    await watch.ended
    closeSync(writer)
  })

  it('tells what happens in a directory, and its end', async () => {
    await using s = scratch()
    mkdirSync(s.path('d'))
    const events: InotifyEvent[] = []
    const watch = native.watchInotify([{ path: s.path('d'), mask: Inotify.create | Inotify.closeWrite }], (event) =>
      events.push(event),
    )
    writeFileSync(s.path('d/f'), 'x')
    native.applyBatchSync(openDir(s.dir), [{ op: 'remove', path: 'd' }])
    await watch.ended
    expect(events.map(({ mask, name }) => [mask, name])).toEqual([
      [Inotify.create, 'f'],
      [Inotify.closeWrite, 'f'],
      [Inotify.ignored, ''],
    ])
    expect(() => native.watchInotify([{ path: s.path('none'), mask: Inotify.create }], () => {})).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    )
  })

  it('sees growth of oom_kill in a v2 cgroup', async () => {
    await using s = scratch()
    writeFileSync(s.path('memory.events'), 'low 0\noom 1\noom_kill 1\n')
    writeFileSync(s.path('cgroup.events'), 'populated 1\n')
    const { promise, resolve } = Promise.withResolvers<number>()
    const watch = native.watchOom('v2', s.dir, ({ kills }) => resolve(kills))
    const hold = setInterval(() => {}, 1000)
    writeFileSync(s.path('memory.events'), 'low 0\noom 3\noom_kill 3\n')
    expect(await promise).toBe(2)
    clearInterval(hold)
    watch[Symbol.dispose]()
  })

  const memory = '/sys/fs/cgroup/memory'
  it.runIf(process.getuid?.() === 0 && existsSync(`${memory}/memory.oom_control`))(
    'hears a kill in a v1 cgroup, and its removal',
    async () => {
      const group = `${memory}/native-sys-${process.pid}`
      mkdirSync(group)
      try {
        writeFileSync(`${group}/memory.limit_in_bytes`, String(4 << 20))
        const { promise, resolve } = Promise.withResolvers<number>()
        const watch = native.watchOom('v1', group, ({ kills }) => resolve(kills))
        using eater = native.spawn({
          path: '/bin/sh',
          argv: ['sh', '-c', 'head -c 64000000 /dev/zero | tail | wc'],
          env: { PATH: '/bin:/usr/bin' },
          cgroupProcs: [`${group}/cgroup.procs`],
        })
        expect(await promise).toBe(1)
        await eater.exited
        await removeGroup(group)
        await watch.ended
      } finally {
        if (existsSync(group)) await removeGroup(group)
      }
    },
  )
})

const openDir = (path: string): number => openSync(path, 'r')

async function removeGroup(group: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      rmdirSync(group)
      return
    } catch (error) {
      if (tries > 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
