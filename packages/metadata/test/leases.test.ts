// SPDX-License-Identifier: Apache-2.0
import { digestOf, LabelKey, parseNamespace, type NamespaceView } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { expect, it } from 'vitest'
import { lmdbFixture, type LmdbFixture } from './metadata-fixture.ts'

const alreadyExists = { code: Code.AlreadyExists }
const noLease = { code: Code.NotFound, message: 'lease does not exist' }

/** A namespace with lease `l`. */
async function leasedWorld(): Promise<{ fixture: LmdbFixture; view: NamespaceView } & AsyncDisposable> {
  const fixture = await lmdbFixture()
  const view = fixture.metadata.in(parseNamespace('default'))
  await view.leases.create({ id: 'l' })
  return { fixture, view, [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose]() }
}

const held = async ({ leases }: NamespaceView): Promise<string[]> =>
  (await Array.fromAsync(leases.resources('l'))).map(({ type, id }) => `${type} ${id}`)

it.each(['prepare', 'view'] as const)('a snapshot that %s finds in place joins the lease', async (way) => {
  await using world = await leasedWorld()
  const { fixture, view } = world
  const snapshotter = view.snapshotter('memory')
  await snapshotter.prepare('k')
  await expect(snapshotter[way]('k', 'missing parent', { lease: 'l' })).rejects.toMatchObject(alreadyExists)
  expect(await held(view)).toEqual(['snapshots/memory k'])
  await expect(snapshotter[way]('k', undefined, { lease: 'none' })).rejects.toMatchObject(noLease)
  await fixture.collector.collect()
  await expect(snapshotter.stat('k')).resolves.toMatchObject({ kind: 'active' })
})

it('a snapshot that a commit finds in place joins the lease', async () => {
  await using world = await leasedWorld()
  const { fixture, view } = world
  const snapshotter = view.snapshotter('memory')
  await snapshotter.prepare('first')
  await snapshotter.commit('name', 'first')
  await snapshotter.prepare('second')
  await expect(snapshotter.commit('name', 'second', { lease: 'l' })).rejects.toMatchObject(alreadyExists)
  expect(await held(view)).toEqual(['snapshots/memory name'])
  await expect(snapshotter.commit('name', 'second', { lease: 'none' })).rejects.toMatchObject(noLease)
  await fixture.collector.collect()
  await expect(snapshotter.stat('name')).resolves.toMatchObject({ kind: 'committed' })
})

it('a snapshot that appears while it is made joins the lease of who comes second', async () => {
  await using world = await leasedWorld()
  const { fixture, view } = world
  const { snapshots } = fixture
  const snapshotter = view.snapshotter('memory')
  for (const key of ['first', 'second']) await snapshotter.prepare(key)
  const { commit } = snapshots
  snapshots.commit = async (name, key, options) => {
    snapshots.commit = commit
    await snapshotter.commit('name', 'first')
    await commit.call(snapshots, name, key, options)
  }
  await expect(snapshotter.commit('name', 'second', { lease: 'l' })).rejects.toMatchObject(alreadyExists)
  expect(await held(view)).toEqual(['snapshots/memory name'])
})

it('an image that an update makes collectible joins the lease', async () => {
  await using world = await leasedWorld()
  const { images } = world.view
  const target = { mediaType: 'test', digest: digestOf('sha256', 'a'.repeat(64)), sizeBytes: 1 }
  const labels = { [LabelKey.gcExpire]: '2000-01-01T00:00:00Z' }
  await images.create({ name: 'i', target })
  await images.update({ name: 'i', target, labels: { a: '1' } }, ['labels'], { lease: 'l' })
  expect(await held(world.view)).toEqual([])
  await expect(images.update({ name: 'i', target, labels }, undefined, { lease: 'none' })).rejects.toMatchObject(
    noLease,
  )
  await images.update({ name: 'i', target, labels }, [`labels.${LabelKey.gcExpire}`], { lease: 'l' })
  expect(await held(world.view)).toEqual(['images i'])
  await world.fixture.collector.collect()
  expect((await images.get('i')).labels).toEqual({ a: '1', ...labels })
})
