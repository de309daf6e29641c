// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeOf, Code } from '@containerd-ts/errdefs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applySchema, defineTable, openStore, type Store } from './index.ts'

const numbers = defineTable<number>('numbers')
const records = defineTable<{ readonly name: string; readonly at?: Date; readonly bytes?: Uint8Array }>('records')

let dir: string
let store: Store
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'store-'))
  store = await openStore(join(dir, 'db.lmdb'))
})
afterEach(async () => {
  await store[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

describe('store', () => {
  it('reads back what was written, also after it was closed', async () => {
    const record = { name: 'a', at: new Date(12345), bytes: Buffer.from([0, 255]) }
    await store.write((tx) => tx.put(records, ['ns', 'a'], record))
    expect(store.read((tx) => tx.get(records, ['ns', 'a']))).toEqual(record)
    await store[Symbol.asyncDispose]()
    store = await openStore(join(dir, 'db.lmdb'))
    expect(store.read((tx) => tx.get(records, ['ns', 'a']))).toEqual(record)
  })

  it('gives values that stay what they were', async () => {
    await store.write((tx) => tx.put(records, ['a'], { name: 'a', bytes: Buffer.from('before') }))
    const value = store.read((tx) => tx.get(records, ['a']))
    await store.write((tx) => tx.put(records, ['a'], { name: 'a', bytes: Buffer.from('after!') }))
    store.read((tx) => tx.get(records, ['a']))
    expect(Buffer.from(value!.bytes!).toString()).toBe('before')
  })

  it('undoes the writes of a callback that throws, and only those', async () => {
    const results = await Promise.allSettled(
      [1, 2, 3].map((n) =>
        store.write((tx) => {
          tx.put(numbers, [n], n)
          if (n === 2) throw new RangeError('no')
          return n
        }),
      ),
    )
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(store.read((tx) => [...tx.entries(numbers)])).toEqual([
      { key: [1], value: 1 },
      { key: [3], value: 3 },
    ])
  })

  it('runs callbacks one after the other, each on what the one before left', async () => {
    await Promise.all(
      Array.from({ length: 100 }, () => store.write((tx) => tx.put(numbers, ['n'], (tx.get(numbers, ['n']) ?? 0) + 1))),
    )
    expect(store.read((tx) => tx.get(numbers, ['n']))).toBe(100)
  })

  it('refuses callbacks that return a promise and undoes them', async () => {
    const write = store.write(async (tx) => tx.put(numbers, [1], 1))
    await expect(write).rejects.toThrow(TypeError)
    expect(store.read((tx) => tx.has(numbers, [1]))).toBe(false)
    expect(() => store.read(() => Promise.resolve())).toThrow(TypeError)
  })

  it('refuses a transaction after its end', async () => {
    const kept = store.read((tx) => tx)
    expect(() => kept.get(numbers, [1])).toThrow('after its end')
    const range = store.read((tx) => tx.entries(numbers))
    expect(() => [...range]).toThrow('after its end')
    await expect(
      store.write((tx) => tx.put(numbers, [1], 1), { signal: AbortSignal.abort(new Error('stop')) }),
    ).rejects.toThrow('stop')
  })

  it('lists below a prefix, from behind a key, up to a limit', async () => {
    await store.write((tx) => {
      for (const key of [
        ['a', 'x'],
        ['a', 'y'],
        ['a', 'y', 'z'],
        ['ab', 'x'],
      ])
        tx.put(numbers, key, key.length)
      expect([...tx.keys(numbers, ['a'])]).toEqual([['x'], ['y'], ['y', 'z']])
    })
    store.read((tx) => {
      expect([...tx.keys(numbers, ['a'], { after: ['x'], limit: 1 })]).toEqual([['y']])
      expect([...tx.keys(numbers, ['a'], { after: ['y'] })]).toEqual([])
      expect([...tx.keys(numbers, [], { after: ['a'] })]).toEqual([['ab', 'x']])
      expect(tx.any(numbers, ['a', 'y'])).toBe(true)
      expect(tx.any(numbers, ['b'])).toBe(false)
    })
  })

  it('deletes while it lists, and below a prefix', async () => {
    await store.write((tx) => {
      for (let n = 0; n < 50; n++) tx.put(numbers, ['a', n], n)
      tx.put(numbers, ['b'], 1)
      for (const { key } of tx.entries(numbers, ['a']))
        if ((key[0] as number) % 2 === 0) tx.delete(numbers, ['a', ...key])
      expect([...tx.keys(numbers, ['a'])]).toHaveLength(25)
      expect(tx.deleteAll(numbers, ['a'])).toBe(25)
      expect(tx.delete(numbers, ['a', 1])).toBe(false)
    })
    expect(store.read((tx) => [...tx.keys(numbers)])).toEqual([['b']])
  })

  it('keeps names longer than a key in full', async () => {
    const names = ['a', 'b', 'c'].map((tail) => `${'n'.repeat(2000)}${tail}`)
    await store.write((tx) => names.forEach((name, n) => tx.put(numbers, ['long', name, 'end'], n)))
    store.read((tx) => {
      expect(new Map([...tx.entries(numbers, ['long'])].map(({ key, value }) => [key[0], value]))).toEqual(
        new Map(names.map((name, n) => [name, n])),
      )
      expect(new Set([...tx.keys(numbers, ['long'])].map(([name]) => name))).toEqual(new Set(names))
      expect(tx.get(numbers, ['long', names[1]!, 'end'])).toBe(1)
      expect([...tx.keys(numbers, ['long', names[2]!])]).toEqual([['end']])
    })
  })

  it('keeps a snapshot as it was, across awaits', async () => {
    await store.write((tx) => tx.put(numbers, [1], 1))
    {
      using snapshot = store.snapshot()
      await store.write((tx) => {
        tx.put(numbers, [1], 10)
        tx.put(numbers, [2], 2)
      })
      expect([...snapshot.entries(numbers)]).toEqual([{ key: [1], value: 1 }])
      expect(store.read((tx) => tx.get(numbers, [1]))).toBe(10)
    }
    const ended = store.snapshot()
    ended[Symbol.dispose]()
    ended[Symbol.dispose]()
    expect(() => ended.get(numbers, [1])).toThrow('after its end')
  })

  it('keeps databases inside it apart', async () => {
    const overlay = store.sub('snapshots').sub('overlayfs')
    const native = store.sub('snapshots').sub('native')
    await overlay.write((tx) => tx.put(numbers, [1], 1))
    await native.write((tx) => tx.put(numbers, [1], 2), { durability: 'ordered' })
    await store.write((tx) => tx.put(numbers, [1], 3))
    expect([overlay, native, store].map((db) => db.read((tx) => [...tx.entries(numbers)]))).toEqual(
      [1, 2, 3].map((value) => [{ key: [1], value }]),
    )
    expect(
      store
        .sub('snapshots')
        .sub('native')
        .read((tx) => tx.get(numbers, [1])),
    ).toBe(2)
  })

  it('upgrades an older schema in one transaction and refuses a newer one', async () => {
    const schema = (version: number, upgrade = () => {}) => ({ name: 'test', version, upgrade })
    const db = store.sub('schema')
    await applySchema(db, schema(1))
    await expect(
      applySchema(db, {
        ...schema(2),
        upgrade: (tx) => {
          tx.put(numbers, [1], 1)
          throw new Error('half-way')
        },
      }),
    ).rejects.toThrow('half-way')
    expect(db.read((tx) => tx.has(numbers, [1]))).toBe(false)
    const seen: number[] = []
    await applySchema(db, { ...schema(3), upgrade: (_tx, from) => void seen.push(from) })
    expect(seen).toEqual([1])
    const error: unknown = await applySchema(db, schema(2)).catch((e: unknown) => e)
    expect(codeOf(error)).toBe(Code.FailedPrecondition)
    expect(String(error)).toContain('test schema version 3 is newer than 2')
  })

  it('answers after the end with Unavailable', async () => {
    await store[Symbol.asyncDispose]()
    expect(() => store.read(() => 1)).toThrow('store is closed')
    await expect(store.write(() => 1)).rejects.toThrow('store is closed')
    await store[Symbol.asyncDispose]()
  })
})
