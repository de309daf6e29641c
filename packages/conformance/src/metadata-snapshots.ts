// SPDX-License-Identifier: Apache-2.0
import { LabelKey, parseFilters } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import {
  collectAll,
  commitSnapshot,
  defaultNamespace,
  failure,
  otherNamespace,
  type MetadataSetup,
} from './metadata-fixture.ts'

/** What namespaces add to snapshots; file systems are the snapshotter suite's. */
export function namespaceSnapshotConformance(name: string, setup: MetadataSetup): void {
  describe(`${name}: snapshots of namespaces`, () => {
    it('have names of their own in each namespace, and others in the backend', async () => {
      await using fx = await setup()
      const [one, two] = [defaultNamespace, otherNamespace].map((ns) => fx.metadata.in(ns).snapshotter('memory'))
      await one!.prepare('k')
      await two!.prepare('k')
      expect(fx.snapshots.names).toEqual([
        expect.stringMatching(/^default\/\d+\/k$/),
        expect.stringMatching(/^other\/\d+\/k$/),
      ])
      expect((await one!.mounts('k'))[0]?.source).toContain('default/')
      expect(await failure(one!.prepare('k'))).toBe(Code.AlreadyExists)
      expect(() => fx.metadata.in(defaultNamespace).snapshotter('none')).toThrow('snapshotter not loaded: none')
      expect(fx.metadata.snapshotters).toEqual(['memory'])
    })

    it('are prepared, committed, stacked, removed, and tell of it', async () => {
      await using fx = await setup()
      const snapshotter = fx.metadata.in(defaultNamespace).snapshotter('memory')
      await snapshotter.prepare('k', undefined, { labels: { lost: 'at commit' } })
      expect(await snapshotter.stat('k')).toMatchObject({ kind: 'active', name: 'k', labels: { lost: 'at commit' } })
      await snapshotter.commit('base', 'k', { labels: { kept: 'yes', none: '' } })
      expect(await failure(snapshotter.stat('k'))).toBe(Code.NotFound)
      await snapshotter.view('v', 'base')
      await snapshotter.prepare('top', 'base')
      expect(await snapshotter.stat('top')).toMatchObject({ kind: 'active', parent: 'base' })
      expect(await snapshotter.stat('base')).toMatchObject({ kind: 'committed', labels: { kept: 'yes' } })
      expect(await snapshotter.usage('base')).toMatchObject({ inodes: 1 })
      await expect(snapshotter.remove('base')).rejects.toThrow('cannot remove snapshot with child')
      expect(await failure(snapshotter.commit('x', 'v'))).toBe(Code.FailedPrecondition)
      expect(await failure(snapshotter.commit('base', 'top'))).toBe(Code.AlreadyExists)
      expect(await failure(snapshotter.mounts('base'))).toBe(Code.FailedPrecondition)
      for (const key of ['v', 'top', 'base']) await snapshotter.remove(key)
      expect(await failure(snapshotter.remove('base'))).toBe(Code.NotFound)
      expect(fx.snapshots.names).toHaveLength(3)
      expect(fx.events.published.map(({ event }) => event)).toEqual([
        { topic: '/snapshot/prepare', snapshotter: 'memory', key: 'k', parent: '' },
        { topic: '/snapshot/commit', snapshotter: 'memory', key: 'k', name: 'base' },
        { topic: '/snapshot/prepare', snapshotter: 'memory', key: 'top', parent: 'base' },
        ...['v', 'top', 'base'].map((key) => ({ topic: '/snapshot/remove', snapshotter: 'memory', key })),
      ])
    })

    it('need a committed parent', async () => {
      await using fx = await setup()
      const snapshotter = fx.metadata.in(defaultNamespace).snapshotter('memory')
      expect(await failure(snapshotter.prepare('k', 'none'))).toBe(Code.NotFound)
      await snapshotter.prepare('a')
      expect(await failure(snapshotter.view('k', 'a'))).toBe(Code.InvalidArgument)
      expect(await collectAll(snapshotter.list())).toHaveLength(1)
    })

    it('may get their parent at commit, once', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      const snapshotter = view.snapshotter('memory')
      await commitSnapshot(view, 'base')
      await snapshotter.prepare('k')
      expect(await failure(snapshotter.commit('x', 'k', { parent: 'none' }))).toBe(Code.NotFound)
      await snapshotter.commit('top', 'k', { parent: 'base' })
      expect(await snapshotter.stat('top')).toMatchObject({ parent: 'base' })
      expect(await failure(snapshotter.remove('base'))).toBe(Code.FailedPrecondition)
      await snapshotter.prepare('child', 'base')
      expect(await failure(snapshotter.commit('y', 'child', { parent: 'top' }))).toBe(Code.FailedPrecondition)
    })

    it('pass only the labels of backends down', async () => {
      await using fx = await setup()
      const snapshotter = fx.metadata.in(defaultNamespace).snapshotter('memory')
      const backend = async () => (await fx.snapshots.stat(fx.snapshots.names[0]!)).labels
      const inherited = 'containerd.io/snapshot/uidmapping'
      await snapshotter.prepare('k', undefined, { labels: { mine: '1', [inherited]: '0:1:2' } })
      expect(await backend()).toEqual({ [inherited]: '0:1:2' })
      const updated = await snapshotter.update('k', { mine: '2', [inherited]: '3' }, [
        'labels.mine',
        `labels.${inherited}`,
      ])
      expect(updated).toMatchObject({ name: 'k', kind: 'active', labels: { mine: '2', [inherited]: '3' } })
      expect(await backend()).toEqual({ [inherited]: '3' })
      await snapshotter.update('k', { mine: '3' }, ['labels.mine'])
      expect(await backend()).toEqual({ [inherited]: '3' })
      expect((await snapshotter.update('k', { only: '1' })).labels).toEqual({ only: '1' })
      expect(await backend()).toEqual({})
      expect(await failure(snapshotter.update('k', {}, ['parent']))).toBe(Code.InvalidArgument)
      expect(await failure(snapshotter.update('none', {}))).toBe(Code.NotFound)
    })

    it('are listed in order, filtered by what users see, without those the backend has lost', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      const snapshotter = view.snapshotter('memory')
      for (const key of ['b', 'a', 'c']) await commitSnapshot(view, key, undefined, { key })
      await snapshotter.prepare('top', 'a')
      const names = async (...filters: string[]) =>
        (await collectAll(snapshotter.list(parseFilters(filters)))).map((info) => info.name)
      expect(await names()).toEqual(['a', 'b', 'c', 'top'])
      expect(await names('kind==active', 'labels.key==b')).toEqual(['b', 'top'])
      expect(await names('parent==a')).toEqual(['top'])
      await fx.snapshots.remove(fx.snapshots.names.find((key) => key.endsWith('/b'))!)
      expect(await names()).toEqual(['a', 'c', 'top'])
    })

    it('say that they exist to those who prepare them by reference', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      const snapshotter = view.snapshotter('memory')
      await view.leases.create({ id: 'l' })
      await commitSnapshot(view, 'target')
      const labels = { [LabelKey.snapshotRef]: 'target' }
      expect(await failure(snapshotter.prepare('k', undefined, { labels, lease: 'l' }))).toBe(Code.AlreadyExists)
      expect(await collectAll(view.leases.resources('l'))).toEqual([{ type: 'snapshots/memory', id: 'target' }])
    })

    it('are adopted when the backend has brought them along itself', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      const snapshotter = view.snapshotter('memory')
      const labels = { [LabelKey.snapshotRef]: 'remote', 'containerd.io/snapshot/x': '1' }
      await fx.snapshots.prepare('foreign-active')
      await fx.snapshots.commit('foreign', 'foreign-active', { labels })
      const { prepare } = fx.snapshots
      fx.snapshots.prepare = async (key, parent, options) => {
        if (options?.labels?.[LabelKey.snapshotRef] !== undefined) await prepare.call(fx.snapshots, 'foreign')
        return await prepare.call(fx.snapshots, key, parent, options)
      }
      expect(await failure(snapshotter.prepare('k', undefined, { labels }))).toBe(Code.AlreadyExists)
      expect(await snapshotter.stat('remote')).toMatchObject({ kind: 'committed', name: 'remote' })
      expect(await failure(snapshotter.stat('k'))).toBe(Code.NotFound)
    })

    it('do not take a name in the backend for a name of theirs', async () => {
      await using fx = await setup()
      const snapshotter = fx.metadata.in(defaultNamespace).snapshotter('memory')
      const { prepare } = fx.snapshots
      await prepare.call(fx.snapshots, 'taken')
      fx.snapshots.prepare = async () => await prepare.call(fx.snapshots, 'taken')
      expect(await failure(snapshotter.prepare('k'))).toBe(Code.Unknown)
    })
  })
}
