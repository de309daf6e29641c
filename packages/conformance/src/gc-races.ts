// SPDX-License-Identifier: Apache-2.0
import type { NamespaceView } from '@containerd-ts/core'
import { describe, expect, it } from 'vitest'
import {
  collectAll,
  commitSnapshot,
  defaultNamespace,
  descriptor,
  makeLitter,
  putBlob,
  sha256,
  type MetadataSetup,
} from './metadata-fixture.ts'

const refTo = (text: string) => ({ 'containerd.io/gc.ref.content.0': sha256(text) })

async function expectBytes(view: NamespaceView, text: string): Promise<void> {
  await using reader = await view.content.open(sha256(text))
  expect(Buffer.from(await reader.read(0, reader.sizeBytes)).toString()).toBe(text)
}

async function expectStack(view: NamespaceView, base: string, top: string): Promise<void> {
  const snapshotter = view.snapshotter('memory')
  expect(await snapshotter.stat(top)).toMatchObject({ parent: base })
  expect(await snapshotter.stat(base)).toMatchObject({ kind: 'committed' })
}

/** Collection beside other calls: what begins before a cycle ends must not lose what it relies on. */
export function gcRaces(name: string, setup: MetadataSetup): void {
  describe(`${name}: beside writers`, () => {
    it('never takes what is created, leased or referred to while a cycle runs', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      await view.leases.create({ id: 'l' })
      for (let round = 0; round < 25; round++) {
        const [leaf, middle, fresh] = ['leaf', 'middle', 'fresh'].map((text) => `${text}${round}`) as [
          string,
          string,
          string,
        ]
        await putBlob(view, leaf)
        await putBlob(view, middle, { labels: refTo(leaf) })
        await commitSnapshot(view, `base${round}`)
        await makeLitter(view, 400)
        const cycle = fx.collector.collect()
        for (let turns = round; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve))
        const stands = (text: string): Promise<boolean> =>
          view.content.info(sha256(text)).then(
            () => true,
            () => false,
          )
        const [leased, , prepared] = await Promise.allSettled([
          view.leases.addResource('l', { type: 'content', id: sha256(middle) }).then(() => stands(middle)),
          putBlob(view, fresh, { lease: 'l' }),
          view.snapshotter('memory').prepare(`top${round}`, `base${round}`, { lease: 'l' }),
        ])
        await cycle
        await expectBytes(view, fresh)
        // What was still there once the lease held it stays, with all that it refers to.
        const isHeld = leased.status === 'fulfilled' && leased.value
        expect(await stands(middle)).toBe(isHeld)
        if (isHeld) await expectBytes(view, leaf)
        if (prepared.status === 'fulfilled') await expectStack(view, `base${round}`, `top${round}`)
      }
      expect((await collectAll(view.leases.resources('l'))).length).toBeGreaterThan(0)
    })

    it('keeps a blob that is committed again while its bytes are being removed', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      await view.leases.create({ id: 'l' })
      for (let round = 0; round < 20; round++) {
        await putBlob(view, 'same', { lease: 'l' })
        await makeLitter(view, 100)
        await view.content.delete(sha256('same'), { lease: 'l' })
        const cycle = fx.collector.collect()
        for (let turns = round; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve))
        await putBlob(view, 'same', { lease: 'l' })
        await cycle
        await using reader = await view.content.open(sha256('same'))
        expect(Buffer.from(await reader.read(0, 4)).toString()).toBe('same')
        await view.content.delete(sha256('same'), { lease: 'l' })
      }
    })

    it('lets a removal of bytes end before the same bytes are committed again', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      await view.leases.create({ id: 'l' })
      await fx.collector.collect()
      await view.content.delete(await putBlob(view, 'same'))
      const remove = fx.content.delete.bind(fx.content)
      const begun = Promise.withResolvers<void>()
      const goOn = Promise.withResolvers<void>()
      fx.content.delete = async (digest) => {
        begun.resolve()
        await goOn.promise
        await remove(digest)
      }
      const cycle = fx.collector.collect()
      await begun.promise
      const again = putBlob(view, 'same', { lease: 'l' })
      await new Promise((resolve) => setTimeout(resolve, 20))
      goOn.resolve()
      await Promise.all([cycle, again])
      await expectBytes(view, 'same')
    })

    it('lets an ingest and a snapshot go on that a cycle meets half-way', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      await using writer = await view.content.ingest('r')
      await writer.write(Buffer.from('ab'))
      const { prepare } = fx.snapshots
      const { promise: prepared, resolve: goOn } = Promise.withResolvers<void>()
      fx.snapshots.prepare = async (...args) => {
        const mounts = await prepare.apply(fx.snapshots, args)
        await prepared
        return mounts
      }
      const preparing = view.snapshotter('memory').prepare('k')
      fx.advance(48 * 60 * 60 * 1000)
      await fx.collector.collect()
      goOn()
      await preparing
      await writer.write(Buffer.from('c'))
      expect(await writer.commit()).toBe(sha256('abc'))
      expect(await view.snapshotter('memory').stat('k')).toMatchObject({ kind: 'active' })
    })

    it('joins callers that come while a cycle is about to start', async () => {
      await using fx = await setup()
      const view = fx.metadata.in(defaultNamespace)
      const first = fx.collector.collect()
      await view.images.create({ name: 'i', target: descriptor(await putBlob(view, 'x')) })
      await view.images.delete('i')
      await Promise.all([first, fx.collector.collect(), fx.collector.collect()])
      expect(await collectAll(fx.content.list())).toEqual([])
      await expect(fx.collector.collect({ signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop')
    })
  })
}
