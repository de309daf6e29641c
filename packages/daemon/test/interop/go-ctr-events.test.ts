// SPDX-License-Identifier: Apache-2.0
import { eventually, pairingName, proves, sideBySide, startPaired, startProcess } from '@containerd-ts/testkit'
import type { ManagedProcess, Pairing, TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { good, imageName, interopGate, lines, openWorld, ownNamespace, taskStatus } from '../world.ts'
import type { World } from '../world.ts'

interface Event {
  readonly namespace: string
  readonly topic: string
  readonly payload: Readonly<Record<string, unknown>>
}

for (const [mine, theirs] of sideBySide) {
  const cells = [mine, theirs].map((pairing) => ({ client: 'Go ctr' as const, ...pairing }))
  describe.skipIf(!interopGate.open)(
    `events with Go ctr: ${pairingName(mine)}, beside ${pairingName(theirs)}`,
    proves(...cells),
    () => {
      eventScenarios(mine, theirs)
    },
  )
}

function eventScenarios(mine: Pairing, theirs: Pairing): void {
  let world: World
  let both: readonly [TestDaemon, TestDaemon]

  beforeAll(async () => {
    world = await openWorld({ shim: mine.shim === 'ours' ? 'ours' : 'go' })
    both = [world.daemon, world.use(await startPaired(theirs, ownNamespace('theirs')))]
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  /** Listens while `work` goes on, and until the events have ended for a while. */
  async function eventsOf(
    daemon: TestDaemon,
    filters: readonly string[],
    work: () => Promise<void>,
  ): Promise<readonly Event[]> {
    const logPath = world.temp.join(`events-${daemon.pid}-${Math.random()}`)
    await using listener: ManagedProcess = await startProcess({
      ...daemon.ctrCommand('go', 'events', ...filters),
      env: daemon.env,
      logPath,
    })
    const marker = async (name: string) => {
      await daemon.ctr('namespaces', 'create', name)
      await daemon.ctr('namespaces', 'rm', name)
    }
    if (filters.length === 0) {
      let tries = 0
      await eventually('the listener listens', async () => {
        await marker(`before-${tries++}`)
        return listener.log().includes('before-')
      })
    } else await new Promise((resolve) => setTimeout(resolve, 500))
    await work()
    await marker('afterwards')
    await eventually('the last event', () => filters.length > 0 || listener.log().includes('"afterwards"'))
    await new Promise((resolve) => setTimeout(resolve, 200))
    // Ctr 1.6 warns of the content events, which it does not know.
    return lines(listener.log())
      .filter((line) => !line.startsWith('time='))
      .map(parse)
      .filter(({ payload }) => !/^(before-|afterwards)/.test(String(payload['name'])))
  }

  async function story(daemon: TestDaemon): Promise<void> {
    const status = (wanted: string | undefined) =>
      eventually(`${wanted}`, async () => (await taskStatus(daemon, 'told')) === wanted)
    await good(daemon, 'images', 'import', world.archive)
    await good(daemon, 'images', 'tag', imageName, 'localhost/test/other:1')
    await good(daemon, 'images', 'label', imageName, 'one=1')
    await good(daemon, 'images', 'rm', 'localhost/test/other:1')
    await good(daemon, 'run', '-d', imageName, 'told', 'sleep', '1000')
    await good(daemon, 'containers', 'label', 'told', 'two=2')
    await good(daemon, 'tasks', 'exec', '--exec-id', 'more', 'told', 'true')
    await good(daemon, 'tasks', 'pause', 'told')
    await good(daemon, 'tasks', 'resume', 'told')
    await good(daemon, 'tasks', 'kill', '-s', 'KILL', 'told')
    await status('STOPPED')
    await daemon.ctr('tasks', 'rm', 'told')
    await good(daemon, 'containers', 'rm', 'told')
  }

  it('are the same, in the same order, with the same payloads', async () => {
    const [ours, theirs] = await Promise.all(
      both.map((daemon) => eventsOf(daemon, [], async () => await story(daemon))),
    )
    expect(ours?.map(comparable)).toEqual(theirs?.map(comparable))
    expect(ours?.map(({ topic }) => topic)).toEqual(expect.arrayContaining(['/tasks/exit', '/tasks/delete']))
  })

  it('are filtered by topic, namespace and payload', async () => {
    const { daemon } = world
    const filters = ['topic=="/containers/create",event.id==wanted', 'topic~="^/images/",namespace==filtered']
    const seen = await eventsOf(daemon, filters, async () => {
      for (const id of ['unwanted', 'wanted']) {
        await good(daemon, 'containers', 'create', imageName, id, 'true')
        await good(daemon, 'containers', 'rm', id)
      }
      await good(daemon, '-n', 'filtered', 'images', 'import', '--no-unpack', world.archive)
    })
    expect(seen.map(({ topic }) => topic)).toEqual(['/containers/create', '/images/create'])
  })

  it('are refused with a filter that cannot be read', async () => {
    const said = await world.daemon.ctr('events', 'topic===x')
    expect(said).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('parse error') as unknown })
  })
}

function parse(line: string): Event {
  const [, , , , namespace = '', topic = '', ...payload] = line.split(' ')
  return { namespace, topic, payload: JSON.parse(payload.join(' ')) as Event['payload'] }
}

/** Times, pids and paths are each daemon's own. */
const own = new Set(['pid', 'exited_at', 'bundle', 'rootfs', 'io'])

function comparable({ topic, payload }: Event): unknown {
  const same = Object.entries(payload).filter(([key]) => !own.has(key))
  const text = JSON.stringify(Object.fromEntries(same)).replaceAll(/extract-\d+-\S{4} /g, 'extract-N ')
  return `${topic} ${text}`
}
