// SPDX-License-Identifier: Apache-2.0
import { spawn as nodeSpawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { CloneFlag, native } from '@containerd-ts/native-sys'
import type { ExitStatus, SpawnRequest } from '@containerd-ts/native-sys'
import { afterEach, describe, expect, it } from 'vitest'
import { openFds, scratch } from './scratch.ts'

const env = { PATH: '/usr/bin:/bin' }

/** Runs a shell script and returns its output and exit. */
async function shell(script: string, more: Partial<SpawnRequest> = {}): Promise<{ text: string; exit: ExitStatus }> {
  const { read, write } = native.pipe()
  using child = native.spawn({ path: '/bin/sh', argv: ['sh', '-c', script], env, stdio: ['null', write, 2], ...more })
  closeSync(write)
  let text = ''
  for (let bytes = await native.readFd(read); bytes.length > 0; bytes = await native.readFd(read))
    text += bytes.toString()
  closeSync(read)
  return { text: text.trim(), exit: await child.exited }
}

describe('spawn', () => {
  it('tells exit codes from signals', async () => {
    expect((await shell('exit 42')).exit).toMatchObject({ status: 42, signal: undefined })
    expect((await shell('kill -9 $$')).exit).toMatchObject({ status: 137, signal: 9 })
  })

  it('gives exactly the environment, directory, session and mask it is told', async () => {
    const { text } = await shell('pwd; umask; echo $A; ps -o sid= -p $$', {
      env: { ...env, A: 'b=c' },
      cwd: '/usr',
      setsid: true,
      umask: 0o27,
    })
    const lines = text.split('\n').map((line) => line.trim())
    expect(lines.slice(0, 3)).toEqual(['/usr', '0027', 'b=c'])
    expect(Number(lines[3])).not.toBe(native.getsid(0))
    expect((await shell('exec env', { env: ['ONLY=this'] })).text).toMatch(/ONLY=this/)
    expect((await shell('exec /usr/bin/env', { env: ['ONLY=this'] })).text).not.toMatch(/HOME/)
  })

  it('passes the descriptors named and closes the rest', async () => {
    const leak = openSync('/dev/zero', 'r')
    native.setCloseOnExec(leak, false)
    const { text } = await shell('ls -l /proc/self/fd | grep -c zero; exit 0')
    closeSync(leak)
    expect(text).toBe('0')
    const { read, write } = native.pipe()
    const child = native.spawn({
      path: '/bin/sh',
      argv: ['sh', '-c', 'echo three >&3; echo one'],
      env,
      stdio: ['null', write, write, write],
    })
    closeSync(write)
    await child.exited
    expect((await native.readFd(read)).toString()).toBe('three\none\n')
    closeSync(read)
    child[Symbol.dispose]()
  })

  it('starts with default signal handling', async () => {
    const { text } = await shell('grep -E "SigBlk|SigIgn" /proc/self/status')
    expect(text.split(/\s+/)).toEqual(['SigBlk:', '0000000000000000', 'SigIgn:', '0000000000000000'])
  })

  it('throws the step that failed, and leaves neither child nor descriptor', () => {
    const before = openFds()
    const failing = (more: Partial<SpawnRequest>): unknown => {
      try {
        return native.spawn({ path: '/bin/true', argv: ['true'], env, ...more })
      } catch (error) {
        return error
      }
    }
    expect(failing({ path: '/no/such' })).toMatchObject({ code: 'ENOENT', syscall: 'execve', path: '/no/such' })
    expect(failing({ cwd: '/no/such' })).toMatchObject({ code: 'ENOENT', syscall: 'chdir' })
    expect(failing({ path: '/etc/passwd' })).toMatchObject({ code: 'EACCES', syscall: 'execve' })
    expect(failing({ cgroupProcs: ['/no/such'] })).toMatchObject({ code: 'ENOENT', syscall: 'cgroup.procs' })
    expect(openFds()).toBe(before)
  })

  it('signals through the pidfd', async () => {
    using child = native.spawn({ path: '/bin/sleep', argv: ['sleep', '60'], env, processGroup: 0 })
    expect(native.getpgid(child.pid)).toBe(child.pid)
    expect(child.kill(0)).toBe(true)
    expect(child.kill(15)).toBe(true)
    expect(await child.exited).toMatchObject({ status: 143, signal: 15 })
    expect(child.kill(15)).toBe(false)
  })

  it.runIf(process.getuid?.() === 0)('enters and makes namespaces', async () => {
    const { net } = await native.createNamespaces({ kinds: ['net'] })
    if (net === undefined) throw new Error('no network namespace')
    const wanted = readlinkSync(`/proc/self/fd/${net}`)
    expect((await shell('readlink /proc/self/ns/net', { setns: [net] })).text).toBe(wanted)
    closeSync(net)
    const { text } = await shell('readlink /proc/self/ns/uts', { unshare: CloneFlag.newUts | CloneFlag.newNs })
    expect(text).not.toBe(readlinkSync('/proc/self/ns/uts'))
  })

  it('dies with its parent when asked to', async () => {
    const script = `import { native } from '@containerd-ts/native-sys'
      const child = native.spawn({ path: '/bin/sleep', argv: ['sleep', '60'], env: {}, parentDeathSignal: 9 })
      console.log(child.pid); setInterval(() => {}, 1000)`
    const parent = nodeSpawn(
      process.execPath,
      ['--conditions=@containerd-ts/source', '--input-type=module', '-e', script],
      { cwd: import.meta.dirname },
    )
    const [said] = (await once(parent.stdout, 'data')) as [Buffer]
    const pidfd = native.pidfdOpen(Number(said.toString()))
    const parentExited = once(parent, 'exit')
    parent.kill('SIGKILL')
    await expect(native.waitGone(pidfd, { signal: AbortSignal.timeout(5000) })).resolves.toBeUndefined()
    await parentExited // until then the child is a zombie of its, and would come to the subreaper of a later test
    closeSync(pidfd)
  })

  it('finds programs on a path', () => {
    expect(native.findExecutable('sh', '/nonexistent:/bin')).toBe('/bin/sh')
    expect(native.findExecutable('no-such-program')).toBeUndefined()
    expect(native.findExecutable('./x')).toBe('./x')
  })
})

describe('reaper', () => {
  afterEach(() => native.setSubreaper(false))

  /** Starts a process whose parent ends first (and so cannot collect it): it comes to us. */
  async function orphan(script: string): Promise<number> {
    const { text } = await shell(`(${script}) >/dev/null 2>&1 & echo $!`)
    return Number(text)
  }

  it('adopts orphans and tells how they ended', async () => {
    native.setSubreaper(true)
    expect(native.isSubreaper()).toBe(true)
    using reaper = native.openReaper()
    const hold = setInterval(() => {}, 1000)
    const pid = await orphan('sleep 0.2; exit 9')
    expect(await reaper.adopt(pid)).toMatchObject({ pid, status: 9 })
    const ended = await orphan('sleep 0.1; exit 8')
    await delay(300) // a zombie by now
    expect(await reaper.adopt(ended)).toMatchObject({ pid: ended, status: 8 })
    clearInterval(hold)
  })

  it('refuses strangers', async () => {
    using reaper = native.openReaper()
    await expect(reaper.adopt(process.ppid)).rejects.toMatchObject({ code: 'ECHILD' })
    await expect(reaper.adopt(4_000_000)).rejects.toMatchObject({ code: 'ESRCH' })
  })

  it('collects unknown orphans but never a child of child_process', async () => {
    native.setSubreaper(true)
    const exits: number[] = []
    using reaper = native.openReaper({ unknown: 'reap', graceMs: 50, onExit: ({ pid }) => exits.push(pid) })
    const pid = await orphan('sleep 0.1; exit 5')
    const children = Array.from({ length: 20 }, (_, i) => nodeSpawn('/bin/sh', ['-c', `exit ${i}`]))
    const codes = await Promise.all(children.map(async (child) => ((await once(child, 'exit')) as [number])[0]))
    expect(codes).toEqual(children.map((_, i) => i))
    const deadline = Date.now() + 5000
    while (!exits.includes(pid) && Date.now() < deadline) await delay(20)
    expect(exits).toEqual([pid])
    expect(await reaper.adopt(pid)).toMatchObject({ status: 5 })
  })
})

describe('the process itself', () => {
  it('has a name, a session and a group', async () => {
    const before = readFileSync('/proc/self/comm', 'utf8').trim()
    native.setProcessName('native-sys-test-name')
    expect(readFileSync('/proc/self/comm', 'utf8')).toBe('native-sys-test\n')
    native.setProcessName(before)
    expect(native.kill(4_000_000, 0)).toBe(false)
    expect(native.kill(process.pid, 0)).toBe(true)
  })

  it('notifies a service manager over a datagram socket', async () => {
    await using s = scratch()
    expect(native.sdNotify('READY=1', '')).toBe(false)
    expect(() => native.sdNotify('READY=1', s.path('none'))).toThrow(
      expect.objectContaining({ code: 'ENOENT', syscall: 'sendto' }),
    )
  })

  it('stops waiting when told to', async () => {
    const pidfd = native.pidfdOpen(process.pid)
    await expect(native.waitGone(pidfd, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    closeSync(pidfd)
  })
})
