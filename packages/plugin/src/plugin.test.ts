// SPDX-License-Identifier: Apache-2.0
import { silentLogger } from '@containerd-ts/core'
import { isFailedPrecondition, isInvalidArgument, isNotFound } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { definePlugin, defineSlot, loadOrder, parseConfig, PluginGraph, pluginUri, SkipPluginError } from './index.ts'
import type { AnyPlugin, DaemonInfo } from './index.ts'

const daemon: DaemonInfo = {
  root: '/r',
  state: '/s',
  version: '2.3.4',
  revision: '',
  address: '/s/a',
  ttrpcAddress: '/s/a.ttrpc',
  executable: '/bin/containerd',
  debug: false,
  timeoutsMs: {},
  streamProcessors: {},
}
const Words = defineSlot<string>('test.word.v1')
const Sentences = defineSlot<{ text: string } & AsyncDisposable>('test.sentence.v1')
const word = (id: string, init: () => string = () => id): AnyPlugin => definePlugin({ slot: Words, id, init })
const load = (plugins: readonly AnyPlugin[], more: object = {}): Promise<PluginGraph> =>
  PluginGraph.load({ plugins, daemon, logger: silentLogger, ...more })

describe('plugin graph', () => {
  it('loads what is required first, whatever the order of registration', () => {
    const sentence = definePlugin({
      slot: Sentences,
      id: 's',
      requires: [Words],
      init: () => ({ text: '', [Symbol.asyncDispose]: async () => {} }),
    })
    expect(loadOrder([sentence, word('a'), word('b')]).map(pluginUri)).toEqual([
      'test.word.v1.a',
      'test.word.v1.b',
      'test.sentence.v1.s',
    ])
  })

  it('refuses a circle and a double', () => {
    const a = definePlugin({ slot: Words, id: 'a', requires: [Sentences], init: () => 'a' })
    const b = definePlugin({
      slot: Sentences,
      id: 'b',
      requires: [Words],
      init: () => ({ text: '', [Symbol.asyncDispose]: async () => {} }),
    })
    expect(() => loadOrder([a, b])).toThrow('require each other')
    expect(() => loadOrder([word('a'), word('a')])).toThrow('registered twice')
  })

  it('hands instances on and disposes in reverse order', async () => {
    const disposed: string[] = []
    const Parts = defineSlot<AsyncDisposable>('test.part.v1')
    const part = (id: string): AnyPlugin =>
      definePlugin({ slot: Parts, id, init: () => ({ [Symbol.asyncDispose]: async () => void disposed.push(id) }) })
    {
      await using graph = await load([part('one'), part('two'), word('a')])
      expect(graph.get(Words)).toBe('a')
      expect([...graph.all(Parts).keys()]).toEqual(['one', 'two'])
      expect(() => graph.get(Parts)).toThrow('more than one')
      expect(() => graph.get(Sentences)).toThrow('is loaded')
    }
    expect(disposed).toEqual(['two', 'one'])
  })

  it('keeps going when one fails or is skipped, and says which is which', async () => {
    const bad = word('bad', () => {
      throw new Error('no')
    })
    const skipped = word('skipped', () => {
      throw new SkipPluginError('no kernel support')
    })
    await using graph = await load([bad, skipped, word('good')])
    expect(graph.records.map(({ id, state }) => [id, state.status])).toEqual([
      ['bad', 'error'],
      ['skipped', 'skip'],
      ['good', 'ok'],
    ])
    expect(graph.get(Words)).toBe('good')
  })

  it('stops when a required plugin does not load', async () => {
    const error: unknown = await load(
      [
        word('a', () => {
          throw new Error('no')
        }),
      ],
      { required: ['test.word.v1.a'] },
    ).catch((e: unknown) => e)
    expect(isFailedPrecondition(error)).toBe(true)
    const disabled: unknown = await load([word('a')], {
      required: ['test.word.v1.a'],
      disabled: ['test.word.v1.a'],
    }).catch((e: unknown) => e)
    expect(isFailedPrecondition(disabled)).toBe(true)
  })

  it('reads configuration by the shape of its defaults, under an alias too', async () => {
    const seen: unknown[] = []
    const plugin = definePlugin({
      slot: Words,
      id: 'lmdb',
      aliases: ['bolt'],
      defaults: { size: 1, list: [] as readonly string[] },
      init: ({ config, rootDir }) => {
        seen.push(config, rootDir)
        return 'x'
      },
    })
    await using _graph = await load([plugin], { config: { 'test.word.v1.bolt': { size: 2, other: true } } })
    expect(seen).toEqual([{ size: 2, list: [] }, '/r/test.word.v1.lmdb'])
    expect(parseConfig('x', { a: 1 }, { b: 2 }).unknownKeys).toEqual(['b'])
    const error = (() => {
      try {
        return parseConfig('x', { a: 1 }, { a: 'one' })
      } catch (e) {
        return e
      }
    })()
    expect(isInvalidArgument(error)).toBe(true)
  })

  it('fails a getter of a slot nobody fills with NotFound', async () => {
    let error: unknown
    const curious = definePlugin({
      slot: Words,
      id: 'curious',
      init: ({ get }) => {
        try {
          get(Sentences)
        } catch (e) {
          error = e
        }
        return ''
      },
    })
    await using _graph = await load([curious])
    expect(isNotFound(error)).toBe(true)
  })
})
