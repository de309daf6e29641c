// SPDX-License-Identifier: Apache-2.0
import { fromBinary } from '@bufbuild/protobuf'
import { TaskStartSchema } from '@containerd-ts/api/events/task_pb'
import { Events } from '@containerd-ts/api/services/ttrpc/events/v1/events_pb'
import { silentLogger } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { eventually, tempRoot } from '@containerd-ts/testkit'
import { namespaceOf, plainMessage, text, TtrpcServer, uint32 } from '@containerd-ts/ttrpc'
import { describe, expect, it } from 'vitest'
import { EventPublisher } from '../src/event-publisher.ts'

/** A daemon's event service that keeps pids and namespaces, and may refuse. */
async function daemon(path: string, refuse: (pid: number) => boolean = () => false) {
  const seen: number[] = []
  const namespaces = new Set<string | undefined>()
  const server = new TtrpcServer().register(Events, {
    forward: ({ envelope }, { metadata }) => {
      const { pid } = fromBinary(TaskStartSchema, envelope?.event?.value ?? new Uint8Array(0))
      namespaces.add(namespaceOf(metadata)).add(envelope?.namespace)
      if (refuse(pid)) throw new InvalidArgumentError('no')
      seen.push(pid)
      return {}
    },
  })
  await server.listen({ path })
  return { seen, namespaces, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const taskStart = plainMessage('containerd.events.TaskStart', { containerId: text(1), pid: uint32(2) })
const publisher = (address: string) =>
  new EventPublisher({ address, namespace: 'ns', log: silentLogger, retryMs: 20, retainMs: 3_000 })
const publish = (to: EventPublisher, pid: number): void =>
  to.publish('/tasks/start', taskStart, { containerId: 'c', pid })

describe('events to the daemon', () => {
  it('arrive in order, in their namespace', async () => {
    await using temp = await tempRoot('ev-')
    await using peer = await daemon(temp.join('s'))
    await using events = publisher(temp.join('s'))
    for (let pid = 1; pid <= 50; pid++) publish(events, pid)
    await eventually('events', () => peer.seen.length === 50)
    expect(peer.seen).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    expect([...peer.namespaces]).toEqual(['ns'])
  })

  it('wait for a daemon that is not there yet, and for one that comes back', async () => {
    await using temp = await tempRoot('ev-')
    await using events = publisher(temp.join('s'))
    publish(events, 1)
    {
      await using first = await daemon(temp.join('s'))
      await eventually('the first', () => first.seen.length === 1)
    }
    publish(events, 2)
    publish(events, 3)
    await using second = await daemon(temp.join('s'))
    await eventually('the rest', () => second.seen.length === 2)
    expect(second.seen).toEqual([2, 3])
  })

  it('are dropped when the daemon calls them malformed; the next one is sent', async () => {
    await using temp = await tempRoot('ev-')
    await using peer = await daemon(temp.join('s'), (pid) => pid === 1)
    await using events = publisher(temp.join('s'))
    publish(events, 1)
    publish(events, 2)
    await eventually('the second', () => peer.seen.length === 1)
    expect(peer.seen).toEqual([2])
  })

  it('are delivered by closing, which gives up in time when nobody is there', async () => {
    await using temp = await tempRoot('ev-')
    await using peer = await daemon(temp.join('s'))
    const events = publisher(temp.join('s'))
    for (let pid = 1; pid <= 10; pid++) publish(events, pid)
    await events.close()
    expect(peer.seen).toHaveLength(10)
    const lost = publisher(temp.join('nobody'))
    publish(lost, 1)
    const before = performance.now()
    await lost.close(200)
    expect(performance.now() - before).toBeLessThan(2_000)
  })
})
