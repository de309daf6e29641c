// SPDX-License-Identifier: Apache-2.0
import { parseNamespace } from '@containerd-ts/core'
import type { MessageStream } from '@containerd-ts/core'
import { Code, codeOf, UnavailableError } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { StreamTable } from './stream-table.ts'

function openStream(): MessageStream {
  const ended = new AbortController()
  return {
    send: () => Promise.resolve(),
    receive: () => Promise.resolve(undefined),
    close: () => ended.abort(new UnavailableError('stream has ended')),
    closed: ended.signal,
  }
}

const namespace = parseNamespace('default')
const codeFrom = (work: () => unknown): Code | undefined => {
  try {
    work()
  } catch (error) {
    return codeOf(error)
  }
  return undefined
}

describe('StreamTable', () => {
  it('finds a stream by namespace and id, also without a namespace', () => {
    const table = new StreamTable()
    const [named, nameless] = [openStream(), openStream()]
    table.register('default', 's', named)
    table.register('', 's', nameless)
    expect(table.get('default', 's')).toBe(named)
    expect(table.get('', 's')).toBe(nameless)
    expect(codeFrom(() => table.get('other', 's'))).toBe(Code.NotFound)
  })

  it('gives an id to one stream at a time, and again once that has ended', () => {
    const table = new StreamTable()
    const [first, second] = [openStream(), openStream()]
    table.register('default', 's', first)
    expect(codeFrom(() => table.register('default', 's', second))).toBe(Code.AlreadyExists)
    first.close()
    expect(table.size).toBe(0)
    table.register('default', 's', second)
    first.close()
    expect(table.get('default', 's')).toBe(second)
  })

  it('refuses an empty id and a stream that is over', () => {
    const table = new StreamTable()
    expect(codeFrom(() => table.register('default', '', openStream()))).toBe(Code.InvalidArgument)
    const over = openStream()
    over.close()
    expect(codeFrom(() => table.register('default', 's', over))).toBe(Code.Unavailable)
    expect(table.size).toBe(0)
  })

  it('closes everything when it is disposed', () => {
    const table = new StreamTable()
    const streams = [openStream(), openStream()]
    for (const [i, stream] of streams.entries()) table.register('default', `s${i}`, stream)
    table[Symbol.dispose]()
    expect(streams.every(({ closed }) => closed.aborted)).toBe(true)
    expect(table.size).toBe(0)
  })

  it('tells a collection which streams are free, which belong to a lease, and closes those marked', async () => {
    const table = new StreamTable()
    const [free, kept, dead, late] = [openStream(), openStream(), openStream(), openStream()]
    table.register('default', 'free', free)
    table.register('default', 'kept', kept, { lease: 'l1' })
    table.register('default', 'dead', dead, { lease: 'l2' })
    const collection = table.start()
    expect([...collection.all()].map(({ id }) => id)).toEqual(['free', 'kept', 'dead'])
    expect([...collection.active()].map(({ id }) => id)).toEqual(['free'])
    expect([...collection.leased(namespace, 'l1')]).toEqual(['kept'])
    expect([...collection.leased(parseNamespace('other'), 'l1')]).toEqual([])
    dead.close()
    table.register('default', 'dead', late)
    collection.remove({ namespace, id: 'dead' })
    await collection.finish()
    expect(late.closed.aborted).toBe(false)
    expect(table.get('default', 'dead')).toBe(late)
  })
})
