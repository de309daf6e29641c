// SPDX-License-Identifier: Apache-2.0
import type { Labels, NamespaceView } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import {
  collectAll,
  commitSnapshot,
  defaultNamespace,
  descriptor,
  failure,
  otherNamespace,
  putBlob,
  sha256,
  type MetadataFixture,
  type MetadataSetup,
} from './metadata-fixture.ts'

const day = 24 * 60 * 60 * 1000
const gc = (suffix: string, value = 'x'): Labels => ({ [`containerd.io/gc.${suffix}`]: value })
const inFuture = (ms: number): string => new Date(Date.now() + ms).toISOString()

const blobs = async (view: NamespaceView): Promise<string[]> =>
  (await collectAll(view.content.list())).map((info) => info.digest)
const snapshots = async (view: NamespaceView): Promise<string[]> =>
  (await collectAll(view.snapshotter('memory').list())).map((info) => info.name)
const texts = (...names: string[]): string[] => names.map((text) => sha256(text)).toSorted((a, b) => (a < b ? -1 : 1))

async function world(setup: MetadataSetup): Promise<{ fx: MetadataFixture; view: NamespaceView } & AsyncDisposable> {
  const fx = await setup()
  return { fx, view: fx.metadata.in(defaultNamespace), [Symbol.asyncDispose]: () => fx[Symbol.asyncDispose]() }
}

/** Each rule of reachability by itself. */
export function gcRules(name: string, setup: MetadataSetup): void {
  describe(`${name}: roots`, () => {
    it('are labelled content and snapshots; the rest goes, from records and backends', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      await putBlob(view, 'root', { labels: gc('root') })
      await putBlob(view, 'rooty', { labels: gc('root.any') })
      await putBlob(view, 'dead')
      await commitSnapshot(view, 'root', undefined, gc('root', '2020-01-01T00:00:00Z'))
      await commitSnapshot(view, 'dead')
      await commitSnapshot(view, 'dead child', 'dead')
      const { removed } = await fx.collector.collect()
      expect(removed).toBe(3)
      expect(await blobs(view)).toEqual(texts('root', 'rooty'))
      expect(await snapshots(view)).toEqual(['root'])
      expect((await collectAll(fx.content.list())).map((info) => info.digest)).toEqual(texts('root', 'rooty'))
      expect(fx.snapshots.names).toEqual([expect.stringMatching(/\/root$/)])
      expect(fx.snapshots.cleanups).toBeGreaterThan(0)
      expect((await fx.collector.collect()).removed).toBe(0)
    })

    it('are images, until they expire', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      const keep = { target: descriptor(await putBlob(view, 'kept')) }
      await view.images.create({ name: 'plain', ...keep })
      await view.images.create({ name: 'unreadable', ...keep, labels: gc('expire', 'soon') })
      const soon = { target: descriptor(await putBlob(view, 'expiring')), labels: gc('expire', inFuture(day)) }
      await view.images.create({ name: 'expiring', ...soon })
      await fx.collector.collect()
      expect(await blobs(view)).toEqual(texts('kept', 'expiring'))
      fx.events.takeTopics()
      fx.advance(2 * day)
      await fx.collector.collect()
      expect((await collectAll(view.images.list())).map((image) => image.name)).toEqual(['plain', 'unreadable'])
      expect(await blobs(view)).toEqual(texts('kept'))
      expect(fx.events.takeTopics()).toEqual(['/images/delete'])
    })

    it('are containers and sandboxes', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      await commitSnapshot(view, 'base')
      await view.snapshotter('memory').prepare('rw', 'base')
      await view.snapshotter('memory').prepare('scratch', 'base')
      await putBlob(view, 'of container')
      await putBlob(view, 'of sandbox')
      const runtime = { name: 'r' }
      const labels = gc('ref.content', sha256('of container'))
      await view.containers.create({ id: 'c', runtime, snapshotter: 'memory', snapshotKey: 'rw', labels })
      await view.sandboxes.create({ id: 's', labels: gc('ref.content', sha256('of sandbox')) })
      fx.events.takeTopics()
      await fx.collector.collect()
      expect(await snapshots(view)).toEqual(['base', 'rw'])
      expect(await blobs(view)).toEqual(texts('of container', 'of sandbox'))
      expect(fx.events.takeTopics()).toEqual(['/snapshot/remove'])
      await view.containers.delete('c')
      await view.sandboxes.delete('s')
      await fx.collector.collect()
      expect([await snapshots(view), await blobs(view)]).toEqual([[], []])
    })

    it('are leases with what they hold, until they expire', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      await view.leases.create({ id: 'l', labels: gc('expire', inFuture(day)) })
      await putBlob(view, 'child')
      await putBlob(view, 'parent', { lease: 'l', labels: gc('ref.content.0', sha256('child')) })
      await view.snapshotter('memory').prepare('k', undefined, { lease: 'l' })
      await using open = await view.content.ingest('r', { lease: 'l' })
      void open
      await open[Symbol.asyncDispose]()
      fx.advance(day / 2)
      await fx.collector.collect()
      expect(await blobs(view)).toEqual(texts('child', 'parent'))
      expect(await snapshots(view)).toEqual(['k'])
      fx.advance(day)
      await fx.collector.collect()
      expect(await collectAll(view.leases.list())).toEqual([])
      expect([await snapshots(view), await blobs(view), await collectAll(view.content.ingests())]).toEqual([[], [], []])
      expect(await collectAll(fx.content.ingests())).toEqual([])
    })

    it('are ingests for a day, with the shared blob they stand for', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      const other = fx.metadata.in(otherNamespace)
      await putBlob(other, 'shared')
      for (const options of [{}, { expected: sha256('shared') }]) {
        await (await view.content.ingest(`r${Object.keys(options).length}`, options))[Symbol.asyncDispose]()
      }
      await other.content.delete(sha256('shared'))
      await fx.collector.collect()
      expect(await collectAll(view.content.ingests())).toHaveLength(2)
      expect(await collectAll(fx.content.list())).toHaveLength(1)
      fx.advance(day + 1000)
      await fx.collector.collect()
      expect(await collectAll(view.content.ingests())).toEqual([])
      expect(await collectAll(fx.content.ingests())).toEqual([])
      expect(await collectAll(fx.content.list())).toEqual([])
    })
  })

  describe(`${name}: references`, () => {
    it.each([
      ['ref.content', true],
      ['ref.content.layer.0', true],
      ['ref.content/0', true],
      ['ref.contents', false],
      ['ref.contentx.0', false],
      ['ref.unknown', false],
    ])('%s of content keep content: %s', async (suffix, kept) => {
      await using w = await world(setup)
      const digest = await putBlob(w.view, 'child')
      await putBlob(w.view, 'root', { labels: { ...gc('root'), ...gc(suffix, digest) } })
      await w.fx.collector.collect()
      expect(await blobs(w.view)).toEqual(kept ? texts('root', 'child') : texts('root'))
    })

    it.each([
      ['ref.snapshot.memory', true],
      ['ref.snapshot.memory/rootfs', true],
      ['ref.snapshot.memory.other', false],
      ['ref.snapshot', false],
    ])('%s keep a snapshot and its parents: %s', async (suffix, kept) => {
      await using w = await world(setup)
      await commitSnapshot(w.view, 'base')
      await commitSnapshot(w.view, 'top', 'base')
      await putBlob(w.view, 'root', { labels: { ...gc('root'), ...gc(suffix, 'top') } })
      await w.fx.collector.collect()
      expect(await snapshots(w.view)).toEqual(kept ? ['base', 'top'] : [])
    })

    it('go through images and their targets, also expired ones', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      await putBlob(view, 'target')
      const labels = { ...gc('expire', new Date(0).toISOString()), ...gc('ref.snapshot.memory', 's') }
      await view.images.create({ name: 'i', target: descriptor(sha256('target')), labels })
      await commitSnapshot(view, 's')
      await putBlob(view, 'root', { labels: { ...gc('root'), ...gc('ref.image.x', 'i') } })
      await fx.collector.collect()
      expect((await collectAll(view.images.list())).map((image) => image.name)).toEqual(['i'])
      expect(await blobs(view)).toEqual(texts('root', 'target'))
      expect(await snapshots(view)).toEqual(['s'])
    })

    it('do not leave their namespace', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      const other = fx.metadata.in(otherNamespace)
      await putBlob(other, 'child')
      await putBlob(view, 'root', { labels: { ...gc('root'), ...gc('ref.content', sha256('child')) } })
      await fx.collector.collect()
      expect(await blobs(other)).toEqual([])
    })

    it('may run in circles', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      await putBlob(view, 'a', { labels: gc('ref.content', sha256('b')) })
      await putBlob(view, 'b', { labels: gc('ref.content', sha256('a')) })
      await fx.collector.collect()
      expect(await blobs(view)).toEqual([])
    })

    it('are not followed from what a flat lease holds, save to parents and targets', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      await view.leases.create({ id: 'flat', labels: gc('flat') })
      for (const text of ['leaf', 'of target', 'of snapshot', 'of image']) await putBlob(view, text)
      await putBlob(view, 'flat', { lease: 'flat', labels: gc('ref.content', sha256('leaf')) })
      await commitSnapshot(view, 'base')
      await view
        .snapshotter('memory')
        .prepare('top', 'base', { lease: 'flat', labels: gc('ref.content', sha256('of snapshot')) })
      await putBlob(view, 'target', { labels: gc('ref.content', sha256('of target')) })
      const labels = { ...gc('expire', new Date(0).toISOString()), ...gc('ref.content', sha256('of image')) }
      await view.images.create({ name: 'i', target: descriptor(sha256('target')), labels }, { lease: 'flat' })
      await fx.collector.collect()
      expect(await blobs(view)).toEqual(texts('flat', 'target'))
      expect(await snapshots(view)).toEqual(['base', 'top'])
      expect((await collectAll(view.images.list())).map((image) => image.name)).toEqual(['i'])
    })

    it('count in full where both a flat and another lease lead', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      await view.leases.create({ id: 'a', labels: gc('flat') })
      await view.leases.create({ id: 'b' })
      await putBlob(view, 'leaf')
      const digest = await putBlob(view, 'x', { lease: 'a', labels: gc('ref.content', sha256('leaf')) })
      await view.leases.addResource('b', { type: 'content', id: digest })
      await fx.collector.collect()
      expect(await blobs(view)).toEqual(texts('leaf', 'x'))
    })

    it.each(['bref.content', 'bref.image', 'bref.container', 'bref.snapshot.memory/x'])(
      '%s keep an object with its parent',
      async (suffix) => {
        await using w = await world(setup)
        const { fx, view } = w
        await putBlob(view, 'parent', { labels: gc('root') })
        await view.images.create({ name: 'parent', target: descriptor(sha256('parent')) })
        await view.containers.create({ id: 'parent', runtime: { name: 'r' } })
        await commitSnapshot(view, 'parent', undefined, gc('root'))
        const parent = suffix === 'bref.content' ? sha256('parent') : 'parent'
        await putBlob(view, 'child', { labels: gc(suffix, parent) })
        await putBlob(view, 'orphan', { labels: gc(suffix, suffix === 'bref.content' ? sha256('none') : 'none') })
        await fx.collector.collect()
        expect(await blobs(view)).toEqual(texts('child', 'parent'))
      },
    )

    it('hold under a condition while the snapshot is used as told', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      const used = gc('cond.value-usedat', new Date().toISOString())
      for (const key of ['recent', 'old', 'either', 'never'])
        await commitSnapshot(view, key, undefined, key === 'never' ? {} : used)
      const labels = {
        ...gc('root'),
        ...gc('cond.snapshot.memory/1', 'usedat<2h|recent'),
        ...gc('cond.snapshot/memory/2', 'usedat>1h30m|old'),
        ...gc('cond.snapshot.memory/3', 'usedat>100h,usedat<3h|either'),
        ...gc('cond.snapshot.memory/4', 'usedat<2h|never'),
      }
      await putBlob(view, 'root', { labels })
      await fx.collector.collect()
      expect(await snapshots(view)).toEqual(['either', 'recent'])
      fx.advance(day)
      await fx.collector.collect()
      expect(await snapshots(view)).toEqual([])
    })
  })

  describe(`${name}: synchronous deletes`, () => {
    it('answer once what was held is gone', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      await view.images.create({ name: 'i', target: descriptor(await putBlob(view, 'x')) })
      await view.images.delete('i', { synchronous: true })
      expect(await collectAll(fx.content.list())).toEqual([])
      await view.leases.create({ id: 'l' })
      await putBlob(view, 'y', { lease: 'l' })
      await view.leases.delete('l', { synchronous: true })
      expect(await collectAll(fx.content.list())).toEqual([])
      expect(await failure(view.content.info(sha256('y')))).toBe(Code.NotFound)
    })
  })

  describe(`${name}: failures`, () => {
    it('of one removal stop nothing else and are made up for', async () => {
      await using w = await world(setup)
      const { fx, view } = w
      for (const key of ['a', 'b']) await commitSnapshot(view, key)
      await putBlob(view, 'x')
      fx.snapshots.stuck.add(fx.snapshots.names[0]!)
      await fx.collector.collect()
      expect(await snapshots(view)).toEqual([])
      expect(fx.snapshots.names).toHaveLength(1)
      expect(await collectAll(fx.content.list())).toEqual([])
      fx.snapshots.stuck.clear()
      await fx.collector.collect()
      expect(fx.snapshots.names).toEqual([])
    })

    it('leave nothing foreign in the backends once a cycle has looked at all of them', async () => {
      await using w = await world(setup)
      await w.fx.snapshots.prepare('foreign')
      await (await w.fx.content.ingest('foreign'))[Symbol.asyncDispose]()
      await w.fx.collector.collect()
      expect(w.fx.snapshots.names).toEqual([])
      expect(await collectAll(w.fx.content.ingests())).toEqual([])
    })
  })
}
