// SPDX-License-Identifier: Apache-2.0
// The same calls under whichever runtime starts this file; prints the name of each step that held.
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { native } from '@containerd-ts/native-sys'
import type { RelayResult } from '@containerd-ts/native-sys'

const dir = mkdtempSync(join(tmpdir(), 'native-sys-smoke-'))
const path = (name: string): string => join(dir, name)
const env = { PATH: '/bin:/usr/bin' }
const root = process.getuid?.() === 0

const steps: Readonly<Record<string, () => Promise<void>>> = {
  async spawn() {
    const { read, write } = native.pipe()
    using child = native.spawn({
      path: '/bin/sh',
      argv: ['sh', '-c', 'echo out; kill -7 $$'],
      env,
      stdio: ['null', write, 2],
    })
    closeSync(write)
    assert.equal((await native.readFd(read)).toString(), 'out\n')
    assert.deepEqual(await child.exited, {
      pid: child.pid,
      status: 135,
      signal: 7,
      coreDumped: (await child.exited).coreDumped,
    })
    assert.throws(() => native.spawn({ path: '/none', argv: ['none'], env }), { code: 'ENOENT', syscall: 'execve' })
    closeSync(read)
  },

  async reaper() {
    native.setSubreaper(true)
    using reaper = native.openReaper({ unknown: 'reap', graceMs: 50 })
    const { read, write } = native.pipe()
    using child = native.spawn({
      path: '/bin/sh',
      argv: ['sh', '-c', '(sleep 0.1; exit 6) >&2 & echo $!'],
      env,
      stdio: ['null', write, 2],
    })
    closeSync(write)
    const pid = Number((await native.readFd(read)).toString())
    assert.equal((await child.exited).status, 0)
    const hold = setInterval(() => {}, 1000)
    assert.equal((await reaper.adopt(pid)).status, 6)
    clearInterval(hold)
    closeSync(read)
  },

  async relay() {
    await native.makeFifo(path('fifo'), 0o600)
    const { read, write } = native.pipe()
    const relay = native.relay({ from: await native.openFifo(path('fifo'), { access: 'read' }), to: write })
    const writer = await native.openFifo(path('fifo'), { access: 'write' })
    await native.writeFd(writer, Buffer.alloc(50_000, 'x'))
    closeSync(writer)
    assert.deepEqual(await relay.done, { bytes: 50_000, ended: 'eof' } satisfies RelayResult)
    assert.equal((await native.readFd(read)).length, 50_000)
    closeSync(read)
    await assert.rejects(native.openFifo(path('fifo'), { access: 'write', signal: AbortSignal.timeout(20) }), {
      name: 'TimeoutError',
    })
  },

  async terminal() {
    const { master, slave } = native.openPty({ rows: 1, columns: 2 })
    const { read, write } = native.pipe()
    const relay = native.relay({ from: native.dup(master), to: write, end: 'pty' })
    writeSync(slave, 'tty')
    assert.equal((await native.readFd(read)).toString(), 'tty')
    closeSync(slave)
    relay.finish()
    assert.equal((await relay.done).ended, 'eof')
    for (const fd of [master, read]) closeSync(fd)
  },

  async descriptors() {
    const [a, b] = native.socketPair()
    writeFileSync(path('file'), 'content')
    const file = openSync(path('file'), 'r')
    await native.sendFds(a, Buffer.from('x'), [file])
    const { fds } = await native.receiveFds(b)
    assert.equal(readFileSync(fds[0] ?? -1, 'utf8'), 'content')
    for (const fd of [a, b, file, ...fds]) closeSync(fd)
  },

  async socket() {
    const fd = native.listenUnix(path('socket'))
    const server = createServer()
    const connected = new Promise<Socket>((resolve) => server.once('connection', resolve))
    server.listen({ fd })
    const client = native.connectUnix(path('socket'))
    assert.equal(native.peerCredentials(client).pid, process.pid)
    const socket = await connected
    assert.equal(native.peerCredentials(socket).pid, process.pid)
    socket.destroy()
    server.close()
    closeSync(client)
  },

  async files() {
    const value = Buffer.from([0, 255, 1])
    const top = openSync(dir, 'r')
    const { failure } = native.applyBatchSync(top, [
      { op: 'file', path: '/../a/b', data: Buffer.from('x'), mtimeNs: 7n, xattrs: [['user.x', value]] },
    ])
    assert.equal(failure, undefined)
    assert.deepEqual(await native.getXattr(path('a/b'), 'user.x'), value)
    assert.equal((await native.diskUsage(path('a'))).inodes, 2)
    await assert.rejects(native.statfs('/none'), { code: 'ENOENT', syscall: 'statfs', path: '/none' })
    closeSync(top)
  },

  async mount() {
    if (!root) return
    await native.mount({ source: 'tmpfs', target: path('a'), type: 'tmpfs' })
    assert.equal((await native.statfs(path('a'))).type, 0x01021994)
    assert.equal(await native.unmount(path('a')), true)
    const { net } = await native.createNamespaces({ kinds: ['net'] })
    closeSync(net ?? -1)
  },

  async eventfd() {
    const fd = native.eventFd()
    const writer = native.dup(fd)
    const count = await new Promise<number>((resolve) => {
      const watch = native.watchEventFd(fd, (seen) => {
        watch[Symbol.dispose]()
        resolve(seen)
      })
      writeSync(writer, new Uint8Array(new BigUint64Array([5n]).buffer))
    })
    assert.equal(count, 5)
    closeSync(writer)
  },
}

try {
  for (const [name, step] of Object.entries(steps)) {
    await step()
    writeSync(1, `${name}\n`)
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}
