// SPDX-License-Identifier: Apache-2.0
import { parseFilters, parseNamespace, type Digest, type NewContainer } from '@containerd-ts/core'
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
  type MetadataSetup,
} from './metadata-fixture.ts'

const any = (text: string) => ({ typeUrl: 'test', value: Buffer.from(text) })
const container = (id: string, more: Partial<NewContainer> = {}): NewContainer => ({
  id,
  runtime: { name: 'r' },
  ...more,
})
const image = (name: string, more = {}) => ({ name, target: descriptor(sha256('x')), ...more })

/** Namespaces, images, containers, leases, sandboxes. */
export function recordConformance(name: string, setup: MetadataSetup): void {
  describe(`${name}: namespaces`, () => {
    it('come and go, with labels, and tell of it', async () => {
      await using fx = await setup()
      const { namespaces } = fx.metadata
      await namespaces.create(otherNamespace, { a: '1', empty: '' })
      expect(await failure(namespaces.create(otherNamespace))).toBe(Code.AlreadyExists)
      await namespaces.update(otherNamespace, { b: '2' }, ['labels.b', 'labels.a'])
      expect(await namespaces.labels(otherNamespace)).toEqual({ b: '2' })
      await namespaces.update(otherNamespace, { c: '3' })
      expect(await collectAll(namespaces.list())).toEqual([{ name: 'other', labels: { c: '3' } }])
      expect(await failure(namespaces.update(otherNamespace, {}, ['labels']))).toBe(Code.InvalidArgument)
      await namespaces.delete(otherNamespace)
      expect(await failure(namespaces.delete(otherNamespace))).toBe(Code.NotFound)
      const [created, ...rest] = fx.events.published
      expect(created).toEqual({
        namespace: 'other',
        event: { topic: '/namespaces/create', name: 'other', labels: { a: '1', empty: '' } },
      })
      expect(rest.map(({ event }) => event.topic)).toEqual([
        '/namespaces/update',
        '/namespaces/update',
        '/namespaces/delete',
      ])
    })

    it('are asked and updated before they exist, and begin with the first write', async () => {
      await using fx = await setup()
      const { namespaces } = fx.metadata
      expect(await namespaces.labels(otherNamespace)).toEqual({})
      await namespaces.update(otherNamespace, { a: '1' })
      await fx.metadata.in(defaultNamespace).leases.create({ id: 'l' })
      expect(await collectAll(namespaces.list())).toEqual([
        { name: 'default', labels: {} },
        { name: 'other', labels: { a: '1' } },
      ])
    })

    it('stay while anything but leases, ingests and sandboxes is in them', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      await view.images.create(image('i'))
      await putBlob(view, 'x')
      await view.containers.create(container('c'))
      await commitSnapshot(view, 's')
      await view.leases.create({ id: 'l' })
      await view.sandboxes.create({ id: 's' })
      await (await view.content.ingest('r'))[Symbol.asyncDispose]()
      await expect(fx.metadata.namespaces.delete(defaultNamespace)).rejects.toMatchObject({
        code: Code.FailedPrecondition,
        message:
          'namespace "default" must be empty, but it still has images, blobs, containers, snapshots on "memory" snapshotter',
      })
      await view.images.delete('i')
      await view.content.delete(sha256('x'))
      await view.containers.delete('c')
      await view.snapshotter('memory').remove('s')
      await fx.metadata.namespaces.delete(defaultNamespace)
      expect(await collectAll(view.leases.list())).toEqual([])
      expect(await collectAll(view.content.ingests())).toEqual([])
    })

    it('keep their objects apart', async () => {
      await using fx = await setup()
      await fx.metadata.in(defaultNamespace).images.create(image('i'))
      const other = fx.metadata.in(otherNamespace)
      expect(await failure(other.images.get('i'))).toBe(Code.NotFound)
      expect(await collectAll(other.images.list())).toEqual([])
      await other.images.create(image('i'))
    })
  })

  describe(`${name}: images`, () => {
    it('are created, listed in order of bytes, filtered, deleted', async () => {
      await using fx = await setup()
      const { images } = fx.metadata.in(defaultNamespace)
      for (const id of ['b', 'ä', 'B', 'a/b', '😀', 'a'])
        await images.create(image(id, { labels: { id, 'x.y': '1', none: '' } }))
      const names = async (...filters: string[]) =>
        (await collectAll(images.list(parseFilters(filters)))).map((i) => i.name)
      expect(await names()).toEqual(['B', 'a', 'a/b', 'b', 'ä', '😀'])
      expect(await names('name==a', 'labels.id==b')).toEqual(['a', 'b'])
      expect(await names('labels.x.y,name~=/^a/')).toEqual(['a', 'a/b'])
      expect(await names('labels.none', 'labels.constructor', 'constructor')).toEqual([])
      expect(await names('target.mediatype==application/test,name==B')).toEqual(['B'])
      expect(await failure(images.create(image('a')))).toBe(Code.AlreadyExists)
      await images.delete('a')
      expect(await failure(images.delete('a'))).toBe(Code.NotFound)
      expect(await failure(images.get('a'))).toBe(Code.NotFound)
    })

    it.each([
      ['no name', { name: '' }],
      ['no size', { target: { ...descriptor(sha256('x')), sizeBytes: 0 } }],
      ['no media type', { target: { ...descriptor(sha256('x')), mediaType: '' } }],
      ['a bad digest', { target: { ...descriptor(sha256('x')), digest: 'sha256:x' as Digest } }],
      ['a large label', { labels: { k: 'v'.repeat(4096) } }],
    ])('are refused with %s', async (_what, change) => {
      const bad = { name: 'i', target: descriptor(sha256('x')), ...change }
      await using fx = await setup()
      expect(await failure(fx.metadata.in(defaultNamespace).images.create(bad))).toBe(Code.InvalidArgument)
      expect(fx.events.published).toEqual([])
    })

    it('change in what the paths name, and keep their creation time', async () => {
      await using fx = await setup()
      const { images } = fx.metadata.in(defaultNamespace)
      const created = await images.create(image('i', { labels: { a: '1', b: '2' } }))
      fx.advance(1000)
      const target = { ...descriptor(sha256('y')), annotations: { n: '1' } }
      const one = await images.update({ name: 'i', target, labels: { a: '', c: '3' } }, ['labels.a', 'labels.c'])
      expect(one).toMatchObject({ labels: { b: '2', c: '3' }, target: created.target, createdAt: created.createdAt })
      expect(one.updatedAt.getTime()).toBe(created.updatedAt.getTime() + 1000)
      expect((await images.update({ name: 'i', target, labels: {} }, ['target'])).target).toEqual(target)
      const annotated = { ...target, annotations: { m: '2' } }
      expect((await images.update({ name: 'i', target: annotated }, ['annotations.m'])).target.annotations).toEqual({
        n: '1',
        m: '2',
      })
      expect((await images.update({ name: 'i', target: descriptor(sha256('z')) })).labels).toEqual({})
      const epoch = new Date(0)
      expect((await images.update({ name: 'i', target, createdAt: epoch })).updatedAt).toEqual(epoch)
      expect(await failure(images.update({ name: 'i', target }, ['name']))).toBe(Code.InvalidArgument)
      expect(await failure(images.update({ name: 'none', target }))).toBe(Code.NotFound)
      expect((await images.get('i')).target).toEqual(target)
    })

    it('are deleted only while they point where the caller thinks', async () => {
      await using fx = await setup()
      const { images } = fx.metadata.in(defaultNamespace)
      await images.create(image('i'))
      expect(await failure(images.delete('i', { target: sha256('other') }))).toBe(Code.NotFound)
      await images.delete('i', { target: sha256('x') })
      expect(fx.events.takeTopics()).toEqual(['/images/create', '/images/delete'])
    })
  })

  describe(`${name}: containers`, () => {
    it('keep everything that belongs to them', async () => {
      await using fx = await setup()
      const { containers } = fx.metadata.in(defaultNamespace)
      const full = container('c', {
        image: 'i',
        labels: { a: '1' },
        runtime: { name: 'r', options: any('o') },
        spec: any('s'),
        snapshotter: 'memory',
        snapshotKey: 'k',
        sandboxId: 'b',
        extensions: { e: any('e') },
      })
      const created = await containers.create(full)
      expect(await containers.get('c')).toEqual(created)
      expect(created).toMatchObject(full)
      expect((await containers.create(container('d'))).extensions).toEqual({})
      expect((await collectAll(containers.list(parseFilters(['runtime.name==r,image==i'])))).map((c) => c.id)).toEqual([
        'c',
      ])
      expect(fx.events.published[0]?.event).toEqual({
        topic: '/containers/create',
        id: 'c',
        image: 'i',
        runtime: full.runtime,
      })
      await containers.delete('c')
      expect(await failure(containers.delete('c'))).toBe(Code.NotFound)
      expect(await failure(containers.get('c'))).toBe(Code.NotFound)
      expect(await failure(containers.create(container('d')))).toBe(Code.AlreadyExists)
    })

    it.each([
      ['a bad id', container('no/id')],
      ['an extension without key', container('c', { extensions: { '': any('e') } })],
      ['a large label', container('c', { labels: { k: 'v'.repeat(4096) } })],
      ['no runtime', container('c', { runtime: { name: '' } })],
      ['a snapshot but no snapshotter', container('c', { snapshotKey: 'k' })],
    ])('are refused with %s', async (_what, bad) => {
      await using fx = await setup()
      expect(await failure(fx.metadata.in(defaultNamespace).containers.create(bad))).toBe(Code.InvalidArgument)
    })

    it('merge extensions, and keep runtime and snapshotter', async () => {
      await using fx = await setup()
      const { containers } = fx.metadata.in(defaultNamespace)
      const created = await containers.create(
        container('c', { extensions: { e: any('1') }, snapshotter: 's', labels: { a: '1' } }),
      )
      const given = container('c', { extensions: { f: any('2') }, snapshotter: 's', image: 'new', spec: any('new') })
      const whole = await containers.update(given)
      expect(whole).toMatchObject({
        extensions: { e: any('1'), f: any('2') },
        image: 'new',
        labels: {},
        createdAt: created.createdAt,
      })
      const masked = await containers.update({ ...given, snapshotKey: 'k', extensions: { e: any('3') } }, [
        'snapshotkey',
        'extensions.e',
      ])
      expect(masked).toMatchObject({ snapshotKey: 'k', extensions: { e: any('3'), f: any('2') } })
      const refuse = async (change: Partial<NewContainer>, ...paths: string[]) =>
        expect(await failure(containers.update({ ...given, ...change }, paths))).toBe(Code.InvalidArgument)
      await refuse({ snapshotter: 'other' })
      await refuse({ runtime: { name: 'other' } })
      await refuse({}, 'runtime')
      await refuse({ id: '' })
      expect(await failure(containers.update(container('none')))).toBe(Code.NotFound)
    })
  })

  describe(`${name}: sandboxes`, () => {
    it('keep what they are given, and their runtime', async () => {
      await using fx = await setup()
      const { sandboxes } = fx.metadata.in(defaultNamespace)
      const created = await sandboxes.create({
        id: 's',
        sandboxer: 'shim',
        runtime: { name: 'r' },
        spec: any('s'),
        labels: { a: '1' },
      })
      expect(await sandboxes.get('s')).toEqual(created)
      expect(await failure(sandboxes.create({ id: 's' }))).toBe(Code.AlreadyExists)
      expect(await failure(sandboxes.create({ id: '/' }))).toBe(Code.InvalidArgument)
      const updated = await sandboxes.update({ id: 's', labels: { b: '2' }, extensions: { e: any('e') } }, [
        'labels.b',
        'extensions',
      ])
      expect(updated).toMatchObject({ labels: { a: '1', b: '2' }, extensions: { e: any('e') }, sandboxer: 'shim' })
      expect(await failure(sandboxes.update({ id: 's', runtime: { name: 'x' } }, ['runtime']))).toBe(
        Code.InvalidArgument,
      )
      expect(await failure(sandboxes.update({ id: 's' }, ['id']))).toBe(Code.InvalidArgument)
      expect((await collectAll(sandboxes.list(parseFilters(['labels.b==2'])))).map(({ id }) => id)).toEqual(['s'])
      await sandboxes.delete('s')
      expect(await failure(sandboxes.delete('s'))).toBe(Code.NotFound)
      expect(await failure(sandboxes.get('s'))).toBe(Code.NotFound)
      expect(await failure(sandboxes.update({ id: 's' }))).toBe(Code.NotFound)
      expect(fx.events.published).toEqual([])
    })
  })

  describe(`${name}: leases`, () => {
    it('hold resources, listed by kind', async () => {
      await using fx = await setup()
      const { leases } = fx.metadata.in(defaultNamespace)
      const { id } = await leases.create({ labels: { a: '1' } })
      expect(id).toMatch(/^\d{1,9}-[\w-]{4}$/)
      const resources = [
        { type: 'content', id: sha256('x') },
        { type: 'images', id: 'i' },
        { type: 'ingests', id: 'r' },
        { type: 'snapshots/memory', id: 'k' },
      ]
      for (const resource of resources.toReversed()) await leases.addResource(id, resource)
      expect(await collectAll(leases.resources(id))).toEqual(resources)
      await leases.deleteResource(id, resources[0]!)
      await leases.deleteResource(id, resources[0]!)
      expect(await collectAll(leases.resources(id))).toEqual(resources.slice(1))
      expect(await collectAll(leases.list(parseFilters(['labels.a==1'])))).toHaveLength(1)
      await leases.delete(id)
      expect(await failure(leases.delete(id))).toBe(Code.NotFound)
      expect(fx.events.published).toEqual([])
    })

    it('refuse strange resources and unknown leases', async () => {
      await using fx = await setup()
      const { leases } = fx.metadata.in(defaultNamespace)
      await leases.create({ id: 'any id/at all' })
      expect(await failure(leases.create({ id: 'any id/at all' }))).toBe(Code.AlreadyExists)
      const add = (type: string, id: string, lease = 'any id/at all') =>
        failure(leases.addResource(lease, { type, id }))
      expect(await add('content', 'no digest')).toBe(Code.InvalidArgument)
      expect(await add('content/x', sha256('x'))).toBe(Code.InvalidArgument)
      expect(await add('snapshots', 'k')).toBe(Code.InvalidArgument)
      expect(await add('snapshots/a/b', 'k')).toBe(Code.InvalidArgument)
      expect(await add('containers', 'c')).toBe(Code.Unimplemented)
      expect(await add('images', 'i', 'none')).toBe(Code.NotFound)
      expect(await failure(collectAll(leases.resources('none')))).toBe(Code.NotFound)
    })

    it('take what their calls create, and lose what their calls delete', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      await view.leases.create({ id: 'l' })
      await view.leases.create({ id: 'm' })
      const lease = 'l'
      const held = async (id = 'l') => (await collectAll(view.leases.resources(id))).map((r) => `${r.type} ${r.id}`)
      await using writer = await view.content.ingest('r', { lease })
      expect(await held()).toEqual(['ingests r'])
      await writer.write(Buffer.from('x'))
      await writer.commit()
      await view.images.create(image('i'), { lease })
      await view.images.create(image('e', { labels: { 'containerd.io/gc.expire': '2999-01-01T00:00:00Z' } }), { lease })
      await view.snapshotter('memory').prepare('k', undefined, { lease })
      expect(await held()).toEqual([`content ${sha256('x')}`, 'images e', 'snapshots/memory k'])
      await view.snapshotter('memory').commit('n', 'k', { lease })
      expect(await held()).toContain('snapshots/memory n')
      await view.content.delete(sha256('x'), { lease: 'm' })
      expect(await held()).toHaveLength(3)
      await view.images.delete('e', { lease })
      await view.snapshotter('memory').remove('n', { lease })
      expect(await held()).toEqual([`content ${sha256('x')}`])
    })

    it('fail a create that names one that does not exist', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      await expect(view.content.ingest('r', { lease: 'none' })).rejects.toMatchObject({
        code: Code.NotFound,
        message: 'lease does not exist',
      })
      expect(await failure(view.snapshotter('memory').prepare('k', undefined, { lease: 'none' }))).toBe(Code.NotFound)
      expect(await collectAll(view.snapshotter('memory').list())).toEqual([])
      expect(await collectAll(view.content.ingests())).toEqual([])
      await view.content.ingest('r').then((writer) => writer[Symbol.asyncDispose]())
    })
  })

  describe(`${name}: names`, () => {
    it('may be longer than any key', async () => {
      await using fx = await setup()
      const { images } = fx.metadata.in(parseNamespace('n'.repeat(76)))
      const long = ['a', 'b'].map((tail) => `registry.example/${'x'.repeat(3000)}:${tail}`)
      for (const id of long) await images.create(image(id))
      expect((await collectAll(images.list())).map((i) => i.name).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(long)
      await images.delete(long[0]!)
      expect((await images.get(long[1]!)).name).toBe(long[1])
    })

    it('may be many', async () => {
      await using fx = await setup()
      const { images } = fx.metadata.in(defaultNamespace)
      const ids = Array.from({ length: 250 }, (_, n) => `i${String(n).padStart(3, '0')}`)
      await Promise.all(ids.map((id) => images.create(image(id))))
      expect((await collectAll(images.list())).map((i) => i.name)).toEqual(ids)
    })
  })
}
