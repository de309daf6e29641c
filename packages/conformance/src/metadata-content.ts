// SPDX-License-Identifier: Apache-2.0
import { parseFilters, type Digest, type NamespaceView } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import {
  collectAll,
  defaultNamespace,
  failure,
  otherNamespace,
  putBlob,
  sha256,
  type MetadataSetup,
} from './metadata-fixture.ts'

const read = async (view: NamespaceView, digest: Digest): Promise<string> => {
  await using reader = await view.content.open(digest)
  return Buffer.from(await reader.read(0, reader.sizeBytes)).toString()
}

/** What namespaces add to content; the bytes themselves are the content suite's. */
export function namespaceContentConformance(name: string, setup: MetadataSetup): void {
  describe(`${name}: content of namespaces`, () => {
    it('belongs to the namespace that wrote it', async () => {
      await using fx = await setup()
      const [one, two] = [fx.metadata.in(defaultNamespace), fx.metadata.in(otherNamespace)]
      const digest = await putBlob(one, 'x', { labels: { a: '1', b: '' } })
      expect((await one.content.info(digest)).labels).toEqual({ a: '1' })
      expect(await failure(two.content.info(digest))).toBe(Code.NotFound)
      expect(await failure(two.content.open(digest))).toBe(Code.NotFound)
      expect(await failure(two.content.delete(digest))).toBe(Code.NotFound)
      expect(await collectAll(two.content.list())).toEqual([])
      await putBlob(two, 'x')
      expect((await two.content.info(digest)).labels).toEqual({})
      await one.content.delete(digest)
      expect(await read(two, digest)).toBe('x')
      expect(fx.events.published.map(({ namespace, event }) => `${namespace} ${event.topic}`)).toEqual([
        'default /content/create',
        'other /content/create',
        'default /content/delete',
      ])
    })

    it('exists once per namespace, whoever commits it', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      await view.leases.create({ id: 'l' })
      await putBlob(view, 'x')
      expect(await failure(view.content.ingest('other', { expected: sha256('x'), lease: 'l' }))).toBe(
        Code.AlreadyExists,
      )
      expect(await failure(putBlob(view, 'x', { lease: 'l' }))).toBe(Code.AlreadyExists)
      expect(await collectAll(view.leases.resources('l'))).toEqual([{ type: 'content', id: sha256('x') }])
      expect(await collectAll(view.content.ingests())).toEqual([])
    })

    it('is there at once where another namespace has it and its digest is named', async () => {
      await using fx = await setup()
      await putBlob(fx.metadata.in(otherNamespace), 'shared')
      const view = fx.metadata.in(defaultNamespace)
      const expected = sha256('shared')
      {
        await using writer = await view.content.ingest('r', { expected, totalBytes: 6 })
        expect(await writer.status()).toMatchObject({ ref: 'r', offsetBytes: 6, totalBytes: 6, expected })
        expect(await writer.digest()).toBe(expected)
        expect(await view.content.ingestStatus('r')).toMatchObject({ ref: 'r', offsetBytes: 6 })
        expect(await collectAll(fx.content.ingests())).toEqual([])
        expect(await failure(view.content.ingest('r', { expected }))).toBe(Code.Unavailable)
      }
      await using writer = await view.content.ingest('r')
      await expect(writer.commit({ sizeBytes: 7 })).rejects.toThrow('"r" failed size validation: 6 != 7')
      await expect(writer.commit({ expected: sha256('y') })).rejects.toThrow('"r" unexpected digest')
      expect(await writer.commit({ sizeBytes: 6, expected, labels: { mine: 'yes' } })).toBe(expected)
      expect(await view.content.info(expected)).toMatchObject({ sizeBytes: 6, labels: { mine: 'yes' } })
      expect(await collectAll(view.content.ingests())).toEqual([])
    })

    it('becomes bytes of its own when a shared one is written to', async () => {
      await using fx = await setup()
      await putBlob(fx.metadata.in(otherNamespace), 'shared')
      const view = fx.metadata.in(defaultNamespace)
      await using appended = await view.content.ingest('a', { expected: sha256('shared') })
      await appended.write(Buffer.from('!'))
      expect(await appended.commit()).toBe(sha256('shared!'))
      await using emptied = await view.content.ingest('t', { expected: sha256('shared') })
      await emptied.truncate(0)
      expect(await emptied.status()).toMatchObject({ offsetBytes: 0 })
      await emptied.write(Buffer.from('new'))
      expect(await emptied.commit()).toBe(sha256('new'))
    })

    it('is not shared when its size is announced differently', async () => {
      await using fx = await setup()
      await putBlob(fx.metadata.in(otherNamespace), 'shared')
      const view = fx.metadata.in(defaultNamespace)
      await using writer = await view.content.ingest('r', { expected: sha256('shared'), totalBytes: 9 })
      expect(await writer.status()).toMatchObject({ offsetBytes: 0, totalBytes: 9 })
    })

    it('has to be brought again where sharing is off, save from namespaces that allow it', async () => {
      await using fx = await setup({ contentSharingPolicy: 'isolated' })
      await putBlob(fx.metadata.in(otherNamespace), 'mine')
      const view = fx.metadata.in(defaultNamespace)
      await putBlob(view, 'mine')
      await putBlob(fx.metadata.in(otherNamespace), 'lent')
      await fx.metadata.namespaces.update(otherNamespace, { 'containerd.io/namespace.shareable': 'true' })
      await using writer = await view.content.ingest('r', { expected: sha256('lent') })
      expect(await writer.status()).toMatchObject({ offsetBytes: 4 })
      await writer.commit()
    })

    it('changes its labels and nothing else', async () => {
      await using fx = await setup()
      const { content } = fx.metadata.in(defaultNamespace)
      const digest = await putBlob(fx.metadata.in(defaultNamespace), 'x', { labels: { a: '1' } })
      expect((await content.update(digest, { b: '2' }, ['labels.b'])).labels).toEqual({ a: '1', b: '2' })
      expect((await content.update(digest, { c: '3' })).labels).toEqual({ c: '3' })
      expect(await failure(content.update(digest, {}, ['size']))).toBe(Code.InvalidArgument)
      expect(await failure(content.update(digest, { k: 'v'.repeat(4096) }))).toBe(Code.InvalidArgument)
      expect(await failure(content.update(sha256('none'), {}))).toBe(Code.NotFound)
      expect((await collectAll(content.list(parseFilters(['labels.c==3'])))).map((info) => info.digest)).toEqual([
        digest,
      ])
      expect((await collectAll(content.list(parseFilters([`digest==${sha256('y')}`])))).length).toBe(0)
    })

    it('goes on where an ingest was left, under the name its writer gave', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      {
        await using writer = await view.content.ingest('r/with/slashes')
        await writer.write(Buffer.from('ab'))
      }
      expect(await view.content.ingestStatus('r/with/slashes')).toMatchObject({ ref: 'r/with/slashes', offsetBytes: 2 })
      expect(await collectAll(view.content.ingests(parseFilters(['ref~=^r'])))).toHaveLength(1)
      expect(await collectAll(fx.metadata.in(otherNamespace).content.ingests())).toEqual([])
      {
        await using writer = await view.content.ingest('r/with/slashes')
        await writer.write(Buffer.from('c'))
        expect(await writer.commit({ expected: sha256('abc') })).toBe(sha256('abc'))
      }
      expect(await failure(view.content.abort('r/with/slashes'))).toBe(Code.NotFound)
      await (await view.content.ingest('gone'))[Symbol.asyncDispose]()
      await view.content.abort('gone')
      expect(await failure(view.content.ingestStatus('gone'))).toBe(Code.NotFound)
      expect(await collectAll(fx.content.ingests())).toEqual([])
    })

    it('keeps an ingest whose commit was refused', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      await using writer = await view.content.ingest('r')
      await writer.write(Buffer.from('abc'))
      expect(await failure(writer.commit({ sizeBytes: 4 }))).toBe(Code.FailedPrecondition)
      expect(await failure(writer.commit({ expected: sha256('x') }))).toBe(Code.FailedPrecondition)
      expect(await failure(writer.commit({ labels: { k: 'v'.repeat(4096) } }))).toBe(Code.InvalidArgument)
      expect(await writer.commit({ sizeBytes: 3 })).toBe(sha256('abc'))
    })
  })
}
