// SPDX-License-Identifier: Apache-2.0
import { parseFilters, parseNamespace, type Envelope, type EventCodec, type TypedAny } from '@containerd-ts/core'
import { Code, codeName, codeOf } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { QueueExchange, type QueueExchangeInit } from './index.ts'

/** JSON in place of protobuf. */
const codec: EventCodec = {
  encode: ({ topic, ...fields }) => ({ typeUrl: `test${topic}`, value: Buffer.from(JSON.stringify(fields)) }),
  field: (event, path) => {
    const value = (JSON.parse(Buffer.from(event.value).toString()) as Record<string, unknown>)[path.join('.')]
    return typeof value === 'string' ? value : undefined
  },
}
const makeExchange = (init: Partial<QueueExchangeInit> = {}): QueueExchange => new QueueExchange({ codec, ...init })
const ns = parseNamespace('default')
const any: TypedAny = { typeUrl: 'test', value: Buffer.from('{}') }
const remove = (name: string) => ({ topic: '/images/delete', name }) as const
const invalid = expect.objectContaining({ code: Code.InvalidArgument })

async function take(events: AsyncIterable<Envelope>, count: number): Promise<Envelope[]> {
  const all: Envelope[] = []
  for await (const envelope of events) if (all.push(envelope) === count) break
  return all
}
const names = (envelopes: readonly Envelope[]) => envelopes.map(({ event }) => codec.field(event, ['name']))

describe('event exchange', () => {
  it('gives every subscriber every event from its call on, in order, stamped and encoded', async () => {
    const exchange = makeExchange({ now: () => new Date(5) })
    await exchange.publish(ns, remove('before'))
    const one = exchange.subscribe()
    const two = exchange.subscribe()
    for (const name of ['a', 'b', 'c']) await exchange.publish(ns, remove(name))
    expect(names(await take(one, 3))).toEqual(['a', 'b', 'c'])
    const [first] = await take(two, 1)
    expect(first).toEqual({
      timestamp: new Date(5),
      namespace: 'default',
      topic: '/images/delete',
      event: { typeUrl: 'test/images/delete', value: Buffer.from('{"name":"a"}') },
    })
    await exchange.subscribe()[Symbol.asyncIterator]().return?.()
    expect(exchange.subscribers).toBe(0)
  })

  it('filters by namespace, topic and fields of the event', async () => {
    const exchange = makeExchange()
    const subscriptions = ['namespace==other', 'topic~=^/tasks', 'event.name==b', 'event', 'pid'].map((text) =>
      exchange.subscribe(parseFilters([text])),
    )
    await exchange.publish(ns, remove('b'))
    await exchange.publish(parseNamespace('other'), remove('c'))
    await exchange.publish(ns, { topic: '/tasks/oom', containerId: 'x' })
    exchange[Symbol.dispose]()
    const topicsOf = async (events: AsyncIterable<Envelope>) => {
      const topics: string[] = []
      try {
        for await (const { namespace, topic } of events) topics.push(`${namespace}${topic}`)
      } catch (error) {
        topics.push(codeName(codeOf(error)))
      }
      return topics
    }
    const seen = await Promise.all(subscriptions.map(topicsOf))
    expect(seen).toEqual([
      ['other/images/delete', 'Canceled'],
      ['default/tasks/oom', 'Canceled'],
      ['default/images/delete', 'Canceled'],
      ['Canceled'],
      ['Canceled'],
    ])
  })

  it.each(['', 'images', '/', '/images/', '/images//x', '/im ages', '/-x'])('refuses topic %j', async (topic) => {
    await expect(makeExchange().publishEncoded('default', topic, any)).rejects.toThrow(invalid)
  })

  it('refuses bad namespaces, and forwarded events of no time', async () => {
    const exchange = makeExchange()
    await expect(exchange.publishEncoded('', '/a', any)).rejects.toThrow(invalid)
    const envelope = { namespace: 'default', topic: '/a', event: any }
    const year1 = new Date('0001-01-01T00:00:00Z')
    await expect(exchange.forward({ ...envelope, timestamp: year1 })).rejects.toThrow(invalid)
    await expect(exchange.forward({ ...envelope, timestamp: new Date(Number.NaN) })).rejects.toThrow(invalid)
    await expect(exchange.forward({ ...envelope, namespace: 'a/b', timestamp: new Date() })).rejects.toThrow(invalid)
    const seen = exchange.subscribe()
    const good = { ...envelope, timestamp: new Date(0), timestampNanos: 7 }
    await exchange.forward(good)
    expect(await take(seen, 1)).toEqual([good])
  })

  it('replays what it retains, then goes on live', async () => {
    let time = 0
    const exchange = makeExchange({ retainCount: 3, now: () => new Date(++time) })
    for (const name of ['a', 'b', 'c', 'd']) await exchange.publish(ns, remove(name))
    const all = exchange.subscribe(undefined, { since: new Date(0) })
    const late = exchange.subscribe(parseFilters(['event.name!=c']), { since: new Date(4) })
    await exchange.publish(ns, remove('e'))
    expect(names(await take(all, 4))).toEqual(['b', 'c', 'd', 'e'])
    expect(names(await take(late, 2))).toEqual(['d', 'e'])
  })

  it('gives newcomers for a while what happened to tasks that are older than it', async () => {
    let time = 1_000
    const exchange = makeExchange({ catchUpMs: 50, now: () => new Date(time) })
    const forward = (topic: string, id: string) => {
      const event = {
        typeUrl: 'test',
        value: Buffer.from(JSON.stringify({ container_id: id, name: `${topic} ${id}` })),
      }
      return exchange.forward({ namespace: 'default', topic, event, timestamp: new Date(time) })
    }
    time = 999
    await forward('/tasks/exit', 'ended-meanwhile')
    time = 1_010
    await forward('/tasks/exit', 'ended-just-now')
    for (const topic of ['/tasks/create', '/tasks/exit']) await forward(topic, 'young')
    await exchange.publish(ns, remove('image'))
    time = 1_049
    const early = exchange.subscribe()
    const other = exchange.subscribe(parseFilters(['namespace==other']))
    time = 1_050
    const late = exchange.subscribe()
    await exchange.publish(parseNamespace('other'), remove('now'))
    expect(names(await take(early, 3))).toEqual(['/tasks/exit ended-meanwhile', '/tasks/exit ended-just-now', 'now'])
    expect(names(await take(other, 1))).toEqual(['now'])
    expect(names(await take(late, 1))).toEqual(['now'])
  })

  it('retains nothing when told', async () => {
    const exchange = makeExchange({ retainCount: 0 })
    await exchange.publish(ns, remove('a'))
    const events = exchange.subscribe(undefined, { since: new Date(0) })
    await exchange.publish(ns, remove('b'))
    expect(names(await take(events, 1))).toEqual(['b'])
  })

  it('ends a subscription with its signal', async () => {
    const exchange = makeExchange()
    const stop = new AbortController()
    const events = exchange.subscribe(undefined, { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(take(events, 1)).rejects.toThrow('enough')
    expect(exchange.subscribers).toBe(0)
    expect(() => exchange.subscribe(undefined, { signal: stop.signal })).toThrow('enough')
  })

  it('cuts off a subscriber that never reads, and nobody else', async () => {
    const exchange = makeExchange({ queueLimit: 2 })
    const slow = exchange.subscribe()
    const fast = exchange.subscribe()[Symbol.asyncIterator]()
    for (const name of ['a', 'b', 'c']) {
      await exchange.publish(ns, remove(name))
      expect(names([(await fast.next()).value as Envelope])).toEqual([name])
    }
    await expect(take(slow, 3)).rejects.toMatchObject({ code: Code.ResourceExhausted })
    expect(exchange.subscribers).toBe(1)
  })
})
