// SPDX-License-Identifier: Apache-2.0
import { LabelKey, parseFilters, parseNamespace, type SnapshotInfo } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { expect, it } from 'vitest'
import { lmdbFixture, type LmdbFixture } from './metadata-fixture.ts'

const upperdir = 'containerd.io/snapshot/overlay.upperdir'
const mapping = 'containerd.io/snapshot/uidmapping'

/** A backend that adds a label of its own to what it answers, without keeping it. */
async function labellingWorld(): Promise<LmdbFixture> {
  const fixture = await lmdbFixture()
  const { snapshots } = fixture
  const { stat, update } = snapshots
  const labelled = (info: SnapshotInfo): SnapshotInfo => ({
    ...info,
    labels: { ...info.labels, [upperdir]: '/upper', mine: 'of the backend' },
  })
  snapshots.stat = async (key) => labelled(await stat.call(snapshots, key))
  snapshots.update = async (...args) => labelled(await update.apply(snapshots, args))
  return fixture
}

it('labels of the backend show in stat, update and list, under those of the caller', async () => {
  await using fixture = await labellingWorld()
  const snapshotter = fixture.metadata.in(parseNamespace('default')).snapshotter('memory')
  await snapshotter.prepare('k', undefined, { labels: { mine: '1', [mapping]: '0:1:2' } })
  const labels = { mine: '1', [mapping]: '0:1:2', [upperdir]: '/upper' }
  expect((await snapshotter.stat('k')).labels).toEqual(labels)
  const list = (filter: string) => Array.fromAsync(snapshotter.list(parseFilters([filter])))
  expect((await list(`labels."${upperdir}"=="/upper"`)).map((info) => info.labels)).toEqual([labels])
  expect(await list('labels.mine!=1')).toEqual([])
  expect((await snapshotter.update('k', { other: '2' }, ['labels.other'])).labels).toEqual({ ...labels, other: '2' })
  expect((await snapshotter.update('k', {}, [`labels.${mapping}`])).labels).toEqual({
    mine: '1',
    other: '2',
    [upperdir]: '/upper',
  })
})

it('labels of the backend do not become those of the record', async () => {
  await using fixture = await labellingWorld()
  const { snapshots, metadata } = fixture
  const snapshotter = metadata.in(parseNamespace('default')).snapshotter('memory')
  const { stat, update } = Object.getPrototypeOf(snapshots) as typeof snapshots
  await snapshotter.prepare('k', undefined, { labels: { [mapping]: '0:1:2' } })
  await snapshotter.update('k', { other: '2' }, ['labels.other'])
  await snapshotter.update('k', { [mapping]: '3' }, [`labels.${mapping}`])
  Object.assign(snapshots, { stat, update })
  expect((await snapshotter.stat('k')).labels).toEqual({ [mapping]: '3', other: '2' })
  expect((await snapshots.stat(snapshots.names[0]!)).labels).toEqual({ [mapping]: '3' })
})

it("the caller's labels prevail over those of a snapshot that is adopted", async () => {
  await using fixture = await lmdbFixture()
  const { snapshots } = fixture
  const snapshotter = fixture.metadata.in(parseNamespace('default')).snapshotter('memory')
  const ref = { [LabelKey.snapshotRef]: 'remote' }
  await snapshots.prepare('foreign-active')
  await snapshots.commit('foreign', 'foreign-active', { labels: { ...ref, both: 'backend', brought: 'backend' } })
  const { prepare } = snapshots
  snapshots.prepare = async () => await prepare.call(snapshots, 'foreign')
  const labels = { ...ref, both: 'caller', given: 'caller' }
  await expect(snapshotter.prepare('k', undefined, { labels })).rejects.toMatchObject({ code: Code.AlreadyExists })
  expect((await snapshotter.stat('remote')).labels).toEqual({ ...labels, brought: 'backend' })
})
