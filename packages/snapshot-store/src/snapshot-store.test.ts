// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Code } from '@containerd-ts/errdefs'
import { openStore, type Store } from '@containerd-ts/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SnapshotStore } from './snapshot-store.ts'

const usage = { sizeBytes: 4096, inodes: 3 }

describe('SnapshotStore', () => {
  let root: string
  let store: Store
  let snapshots: SnapshotStore

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'snapshot-store-'))
    store = await openStore(root)
    snapshots = await SnapshotStore.open(store.sub('test'))
  })
  afterEach(async () => {
    await store[Symbol.asyncDispose]()
    await rm(root, { recursive: true })
  })

  const chain = async (...names: string[]): Promise<void> => {
    let parent: string | undefined
    for (const name of names) {
      const on = parent
      await snapshots.write((edit) => {
        edit.create('active', `${name}-active`, on)
        edit.commit(name, `${name}-active`, usage)
      })
      parent = name
    }
  }

  it('gives ids in order and never the same one again', async () => {
    const ids: number[] = []
    for (const key of ['a', 'b', 'c'])
      ids.push((await snapshots.write((edit) => edit.create('active', key, undefined))).id)
    await snapshots.write((edit) => edit.remove('c'))
    ids.push((await snapshots.write((edit) => edit.create('active', 'd', undefined))).id)
    expect(ids).toEqual([1, 2, 3, 4])
    expect(snapshots.read((view) => [...view.ids()])).toEqual([1, 2, 4])
  })

  it('names ancestors nearest first', async () => {
    await chain('base', 'middle', 'top')
    expect(snapshots.read((view) => view.parentIds(view.get('top')))).toEqual([2, 1])
    expect(snapshots.read((view) => view.parentIds(view.get('base')))).toEqual([])
  })

  it('replaces labels at the commit and records the usage', async () => {
    await snapshots.write((edit) => edit.create('active', 'k', undefined, { old: '1', empty: '' }))
    expect(snapshots.read((view) => view.get('k').info.labels)).toEqual({ old: '1' })
    await snapshots.write((edit) => edit.commit('n', 'k', usage, { labels: { fresh: '2' } }))
    expect(snapshots.read((view) => view.get('n'))).toMatchObject({
      id: 1,
      usage,
      info: { kind: 'committed', labels: { fresh: '2' } },
    })
    expect(snapshots.read((view) => view.find('k'))).toBeUndefined()
  })

  it.each([
    ['a taken key', Code.AlreadyExists, 'base', undefined],
    ['a missing parent', Code.NotFound, 'x', 'nobody'],
    ['a parent that is not committed', Code.InvalidArgument, 'x', 'live'],
  ])('refuses %s', async (_, code, key, parent) => {
    await chain('base')
    await snapshots.write((edit) => edit.create('active', 'live', undefined))
    await expect(snapshots.write((edit) => edit.create('active', key, parent))).rejects.toMatchObject({ code })
  })

  it('refuses to commit a view, a committed snapshot, or onto a taken name', async () => {
    await chain('base')
    await snapshots.write((edit) => edit.create('view', 'v', 'base'))
    await snapshots.write((edit) => edit.create('active', 'k', 'base'))
    await expect(snapshots.write((edit) => edit.commit('n', 'v', usage))).rejects.toMatchObject({
      code: Code.FailedPrecondition,
    })
    await expect(snapshots.write((edit) => edit.commit('n', 'base', usage))).rejects.toMatchObject({
      code: Code.FailedPrecondition,
    })
    await expect(snapshots.write((edit) => edit.commit('base', 'k', usage))).rejects.toMatchObject({
      code: Code.AlreadyExists,
    })
    await expect(snapshots.write((edit) => edit.commit('n', 'nobody', usage))).rejects.toMatchObject({
      code: Code.NotFound,
    })
  })

  it('gives a parent at the commit only to a snapshot that has none', async () => {
    await chain('base', 'top')
    await snapshots.write((edit) => edit.create('active', 'free', undefined))
    await snapshots.write((edit) => edit.create('active', 'bound', 'base'))
    await snapshots.write((edit) => edit.commit('rebased', 'free', usage, { parent: 'top' }))
    expect(snapshots.read((view) => view.parentIds(view.get('rebased')))).toEqual([2, 1])
    await expect(snapshots.write((edit) => edit.remove('top'))).rejects.toMatchObject({ code: Code.FailedPrecondition })
    await expect(snapshots.write((edit) => edit.commit('n', 'bound', usage, { parent: 'top' }))).rejects.toMatchObject({
      code: Code.FailedPrecondition,
    })
  })

  it('removes children before parents only', async () => {
    await chain('base', 'top')
    await expect(snapshots.write((edit) => edit.remove('base'))).rejects.toThrow('cannot remove snapshot with child')
    await snapshots.write((edit) => edit.remove('top'))
    await snapshots.write((edit) => edit.remove('base'))
    expect(snapshots.read((view) => view.page(undefined, 10))).toEqual([])
  })

  it('changes labels whole, by path, and nothing else', async () => {
    await snapshots.write((edit) => edit.create('active', 'k', undefined, { a: '1', b: '2' }))
    expect((await snapshots.write((edit) => edit.update('k', { a: '9' }, ['labels.a', 'labels.b']))).labels).toEqual({
      a: '9',
    })
    expect((await snapshots.write((edit) => edit.update('k', { c: '3' }))).labels).toEqual({ c: '3' })
    await expect(snapshots.write((edit) => edit.update('k', {}, ['parent']))).rejects.toMatchObject({
      code: Code.InvalidArgument,
    })
    await expect(snapshots.write((edit) => edit.update('nobody', {}))).rejects.toMatchObject({ code: Code.NotFound })
  })

  it('lists more than one page in order and filters by kind, name, parent and label', async () => {
    await chain('base')
    await snapshots.write((edit) => {
      for (let i = 0; i < 250; i++)
        edit.create('view', `v${String(i).padStart(3, '0')}`, 'base', { parity: String(i % 2) })
    })
    const names = async (field: readonly string[], value: string): Promise<string[]> => {
      const found: string[] = []
      const filter = {
        text: '',
        matches: (lookup: (path: readonly string[]) => string | undefined) => lookup(field) === value,
      }
      for await (const info of snapshots.list([filter])) found.push(info.name)
      return found
    }
    expect(await names(['kind'], 'view')).toHaveLength(250)
    expect(await names(['parent'], 'base')).toEqual([...(await names(['kind'], 'view'))].sort())
    expect(await names(['labels', 'parity'], '1')).toHaveLength(125)
    expect(await names(['name'], 'v007')).toEqual(['v007'])
    expect(await names(['kind'], 'committed')).toEqual(['base'])
  })
})
