// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '@containerd-ts/testkit'
import type { TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  expectClean,
  good,
  imageName,
  interopGate,
  lines,
  openWorld,
  ownNamespace,
  removeContainer,
  row,
  taskStatus,
} from '../world.ts'
import type { World } from '../world.ts'

const intervalMs = 500
const rounds = (count: number) => pause(count * intervalMs)
const label = (name: string, value: string) => `containerd.io/restart.${name}=${value}`

describe.skipIf(!interopGate.open)('containers with restart labels', () => {
  let world: World
  let daemon: TestDaemon

  beforeAll(async () => {
    const config = `version = 3\n[plugins.'io.containerd.monitor.container.v1.restart']\n  interval = '${intervalMs}ms'\n`
    world = await openWorld({ ...ownNamespace('again'), config })
    daemon = world.daemon
    await good(daemon, 'images', 'import', world.archive)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  const run = (id: string, labels: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    good(
      daemon,
      'run',
      '-d',
      ...Object.entries({ status: 'running', ...labels }).flatMap(([name, value]) => ['--label', label(name, value)]),
      imageName,
      id,
      ...args,
    )
  const pidOf = async (id: string): Promise<string | undefined> => row(await good(daemon, 'tasks', 'ls'), id)?.[1]
  const labelOf = async (id: string, name: string): Promise<string | undefined> => {
    const info = JSON.parse(await good(daemon, 'containers', 'info', id)) as { Labels: Record<string, string> }
    return info.Labels[`containerd.io/restart.${name}`]
  }
  const kill = (id: string) => good(daemon, 'tasks', 'kill', '-s', 'KILL', id)
  const setLabel = (id: string, name: string, value: string) =>
    good(daemon, 'containers', 'label', id, label(name, value))
  const another = (id: string, pid: string | undefined) =>
    eventually(`another task of ${id}`, async () => {
      const now = await pidOf(id)
      return now !== pid && (await taskStatus(daemon, id)) === 'RUNNING' ? now : undefined
    })
  /** First the wish, then the container: else it comes back. */
  const remove = async (id: string) => {
    await setLabel(id, 'policy', 'no')
    await rounds(1)
    await removeContainer(daemon, id)
  }

  it('have a plugin that names the policies', async () => {
    const detail = await good(daemon, 'plugins', 'ls', '-d', 'id==restart')
    expect(detail).toMatch(/Type: +io\.containerd\.monitor\.container\.v1/)
    for (const policy of ['no', 'always', 'on-failure', 'unless-stopped']) {
      expect(detail).toContain(policy)
    }
  })

  it('are started again when they end, and counted', async () => {
    await run('always', {}, 'sleep', '1000')
    const first = await pidOf('always')
    await kill('always')
    const second = await another('always', first)
    expect(await labelOf('always', 'count')).toBe('1')
    await kill('always')
    await another('always', second)
    expect(await labelOf('always', 'count')).toBe('2')
    await remove('always')
  })

  it('are started when their task is gone altogether', async () => {
    await run('gone', {}, 'sleep', '1000')
    await kill('gone')
    await daemon.ctr('tasks', 'rm', 'gone')
    await another('gone', undefined)
    expect(await labelOf('gone', 'count')).toBe('1')
    await remove('gone')
  })

  it('are started without a client having made a task', async () => {
    await good(
      daemon,
      'containers',
      'create',
      '--label',
      label('status', 'running'),
      imageName,
      'made',
      'sleep',
      '1000',
    )
    await another('made', undefined)
    expect(await labelOf('made', 'count')).toBe('1')
    await remove('made')
  })

  it('are left alone while they run or are paused', async () => {
    await run('steady', {}, 'sleep', '1000')
    const pid = await pidOf('steady')
    await rounds(3)
    await good(daemon, 'tasks', 'pause', 'steady')
    await rounds(3)
    expect(await taskStatus(daemon, 'steady')).toBe('PAUSED')
    await good(daemon, 'tasks', 'resume', 'steady')
    expect(await pidOf('steady')).toBe(pid)
    expect(await labelOf('steady', 'count')).toBeUndefined()
    await remove('steady')
  })

  it('on-failure:2 fail twice more and are left', async () => {
    await run('failing', { policy: 'on-failure:2' }, 'sh', '-c', 'exit 7')
    await eventually('the last restart', async () => (await labelOf('failing', 'count')) === '2')
    await rounds(4)
    expect(await labelOf('failing', 'count')).toBe('2')
    expect(await taskStatus(daemon, 'failing')).toBe('STOPPED')
    await removeContainer(daemon, 'failing')
  })

  it('on-failure are left when they end well', async () => {
    await run('fine', { policy: 'on-failure' }, 'true')
    await rounds(3)
    expect(await taskStatus(daemon, 'fine')).toBe('STOPPED')
    expect(await labelOf('fine', 'count')).toBeUndefined()
    await removeContainer(daemon, 'fine')
  })

  it('no, and a policy that nobody knows, are never started; the others are', async () => {
    await run('never', { policy: 'no' }, 'sleep', '1000')
    await run('strange', { policy: 'now-and-then' }, 'sleep', '1000')
    await run('beside', {}, 'sleep', '1000')
    const pid = await pidOf('beside')
    for (const id of ['never', 'strange', 'beside']) await kill(id)
    await another('beside', pid)
    for (const id of ['never', 'strange']) {
      expect(await taskStatus(daemon, id)).toBe('STOPPED')
      await removeContainer(daemon, id)
    }
    expect(daemon.log()).toContain('restart policy \\"now-and-then\\" not supported')
    await remove('beside')
  })

  it('unless-stopped are started until a client stopped them', async () => {
    await run('until', { policy: 'unless-stopped' }, 'sleep', '1000')
    const first = await pidOf('until')
    await kill('until')
    await another('until', first)
    await setLabel('until', 'explicitly-stopped', 'true')
    await kill('until')
    await rounds(3)
    expect(await taskStatus(daemon, 'until')).toBe('STOPPED')
    await removeContainer(daemon, 'until')
  })

  it.each([
    ['running', async () => {}],
    ['paused', async () => void (await good(daemon, 'tasks', 'pause', 'unwanted'))],
  ])('that should be stopped are ended, though %s', async (_status, prepare) => {
    await run('unwanted', { status: 'stopped', policy: 'no' }, 'sleep', '1000')
    await prepare()
    await eventually('no task', async () => (await taskStatus(daemon, 'unwanted')) === undefined)
    expect(await labelOf('unwanted', 'count')).toBeUndefined()
    await good(daemon, 'containers', 'rm', 'unwanted')
  })

  it('write where their labels say', async () => {
    const path = world.temp.join('uri.log')
    const script = 'if [ -e /ran ]; then echo out; echo err >&2; fi; touch /ran; sleep 1000'
    await run('written', { loguri: `file://${path}` }, 'sh', '-c', script)
    let pid = await pidOf('written')
    for (const words of [
      ['err', 'out'],
      ['err', 'err', 'out', 'out'],
    ]) {
      await kill('written')
      pid = await another('written', pid)
      await eventually('both streams', async () => lines(await readFile(path, 'utf8')).length === words.length)
      expect(lines(await readFile(path, 'utf8')).toSorted()).toEqual(words)
    }
    await remove('written')
  })

  it('have the terminal of their spec, with a logger and without a log', async () => {
    const path = world.temp.join('tty.log')
    const logger = world.temp.join('logger.sh')
    await writeFile(logger, `#!/bin/sh\nexec 5>&-\nexec cat <&3 >${path}\n`, { mode: 0o755 })
    const wish = ['--label', label('status', 'running')]
    const logged = ['--label', label('loguri', `binary://${logger}`)]
    await good(daemon, 'containers', 'create', '-t', ...wish, ...logged, imageName, 'terminal', 'watch', 'tty')
    await good(daemon, 'containers', 'create', '-t', ...wish, imageName, 'mute', 'watch', 'tty')
    const pid = await another('mute', undefined)
    await eventually('the name of the terminal', async () => (await readFile(path, 'utf8')).includes('/dev/pts/'))
    await rounds(2)
    expect(await pidOf('mute')).toBe(pid)
    await remove('terminal')
    await remove('mute')
  })

  it('are started again after a daemon that was killed with them', async () => {
    await run('survivor', {}, 'sleep', '1000')
    const pid = await pidOf('survivor')
    await daemon.stop('SIGKILL')
    process.kill(Number(pid), 'SIGKILL')
    await daemon.start()
    await another('survivor', pid)
    expect(await labelOf('survivor', 'count')).toBe('1')
    await remove('survivor')
  })

  it('are no longer started by a daemon that stops, and it stops at once', async () => {
    await run('last', {}, 'sh', '-c', 'sleep 0.3')
    await pause(intervalMs)
    const before = performance.now()
    await daemon.stop('SIGTERM')
    expect(performance.now() - before).toBeLessThan(5000)
    await daemon.start()
    await remove('last')
  })

  it('are told apart by namespace', async () => {
    const inOther = (...args: readonly string[]) => good(daemon, '-n', 'apart', ...args)
    await inOther('images', 'import', world.archive)
    await inOther('run', '-d', '--label', label('status', 'running'), imageName, 'same', 'sleep', '1000')
    await run('same', { policy: 'no' }, 'sleep', '1000')
    await inOther('tasks', 'kill', '-s', 'KILL', 'same')
    await kill('same')
    await eventually('the other runs', async () => /^same +\d+ +RUNNING/m.test(await inOther('tasks', 'ls')))
    expect(await taskStatus(daemon, 'same')).toBe('STOPPED')
    await removeContainer(daemon, 'same')
    await inOther('containers', 'label', 'same', label('status', 'stopped'))
    await eventually('no task', async () => !(await inOther('tasks', 'ls')).includes('same'))
    await inOther('containers', 'rm', 'same')
  })

  it('leave nothing behind', async () => {
    await expectClean(daemon)
  })
})
