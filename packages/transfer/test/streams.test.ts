// SPDX-License-Identifier: Apache-2.0
import { LabelKey } from '@containerd-ts/core'
import type { ExportStreamEnd, ImportStreamEnd } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import {
  archiveOf,
  collectingSink,
  leases,
  linuxAmd64,
  names,
  namespace,
  openWorld,
  pieces,
  prefix,
  progressLog,
  storeEnd,
} from './transfer-fixture.ts'

const importEnd = (bytes: Uint8Array): ImportStreamEnd => ({
  kind: 'import-stream',
  mediaType: '',
  forceCompress: false,
  bytes: pieces(bytes),
})

const exportEnd = (more: Partial<ExportStreamEnd> = {}) => {
  const sink = collectingSink()
  const end: ExportStreamEnd = {
    kind: 'export-stream',
    mediaType: '',
    platforms: [],
    allPlatforms: false,
    skipCompatibilityManifest: false,
    skipNonDistributable: false,
    sink,
    ...more,
  }
  return { end, bytes: sink.bytes }
}

describe('import', () => {
  it('names what the archive names, unpacks on request, and leaves no lease', async () => {
    await using world = await openWorld()
    const { archive, manifest, config, layers } = await archiveOf({ name: 'docker.io/library/x:latest' })
    const log = progressLog()
    const to = storeEnd({
      labels: { team: 'a' },
      extraReferences: [prefix('import')],
      unpacks: [{ platform: linuxAmd64, snapshotter: 'memory' }],
    })
    await world.transferrer.transfer(namespace, importEnd(archive), to, log)
    const image = await world.view.images.get('docker.io/library/x:latest')
    expect(image).toMatchObject({ target: { digest: manifest.digest }, labels: { team: 'a' } })
    expect(image.target.annotations).not.toHaveProperty('io.containerd.import.ref-source')
    expect(await names(world.view)).toEqual(['docker.io/library/x:latest'])
    expect(await leases(world.view)).toBe(0)
    expect(log.events()[0]).toBe('Importing')
    expect(log.events().slice(-2)).toEqual(['saved docker.io/library/x:latest', 'Completed import'])
    expect(log.events()).toContain(`extracted layer-${layers[1]?.digest}`)

    await world.metadata.collector.collect()
    const { labels } = await world.view.content.info(config.digest as never)
    const top = labels[`${LabelKey.gcRefSnapshot}memory`] as string
    expect((await world.view.snapshotter('memory').stat(top)).kind).toBe('committed')
    const { labels: layerLabels } = await world.view.content.info(layers[0]?.digest as never)
    expect(layerLabels[LabelKey.uncompressed]).toBe(layers[0]?.diffId)
  })

  it.each([
    ['names alone', {}, []],
    ['digests of all', { addDigest: true }, ['p@DIGEST', 'p@INDEX']],
  ])('makes names of a prefix for an entry without one: %s', async (_what, more, expected) => {
    await using world = await openWorld()
    const { archive, manifest } = await archiveOf()
    await world.transferrer.transfer(namespace, importEnd(archive), storeEnd({ extraReferences: [prefix('p', more)] }))
    const found = (await names(world.view)).map((name) =>
      name.replace(manifest.digest, 'DIGEST').replace(/sha256:[0-9a-f]{64}/, 'INDEX'),
    )
    expect(found.toSorted()).toEqual(expected)
  })

  it.each([
    [true, []],
    [false, ['p@DIGEST']],
  ])('spares a named entry the name by its digest: %s', async (skipNamedDigest, expected) => {
    await using world = await openWorld()
    const { archive, manifest } = await archiveOf({ name: 'docker.io/library/x:v1' })
    const extraReferences = [prefix('p', { addDigest: true, skipNamedDigest })]
    await world.transferrer.transfer(namespace, importEnd(archive), storeEnd({ extraReferences }))
    const found = (await names(world.view)).map((name) => name.replace(manifest.digest, 'DIGEST'))
    expect(found.filter((name) => name === 'p@DIGEST')).toEqual(expected)
    expect(found).toContain('docker.io/library/x:v1')
  })

  it('lets names beside an index go when the index does', async () => {
    await using world = await openWorld()
    const { archive } = await archiveOf({ name: 'docker.io/library/x:v1' })
    const to = storeEnd({ name: 'whole:v1', extraReferences: [prefix('p')] })
    await world.transferrer.transfer(namespace, importEnd(archive), to)
    await world.metadata.collector.collect()
    expect(await names(world.view)).toEqual(['docker.io/library/x:v1', 'whole:v1'])
    await world.view.images.delete('whole:v1')
    await world.metadata.collector.collect()
    expect(await names(world.view)).toEqual([])
  })

  it('moves a name that is taken', async () => {
    await using world = await openWorld()
    const name = 'docker.io/library/x:latest'
    const [first, second] = [await archiveOf({ name }), await archiveOf({ name, config: { User: 'x' } })]
    for (const { archive } of [first, second]) {
      await world.transferrer.transfer(namespace, importEnd(archive), storeEnd({ extraReferences: [prefix('p')] }))
    }
    expect((await world.view.images.get(name)).target.digest).toBe(second.manifest.digest)
  })

  it('refuses what is wanted from no platform, and what nobody unpacks', async () => {
    await using world = await openWorld()
    const { archive } = await archiveOf()
    const transfer = (end: Parameters<typeof storeEnd>[0]) =>
      world.transferrer.transfer(namespace, importEnd(archive), storeEnd({ name: 'x', ...end }))
    await expect(transfer({ platforms: [{ os: 'linux', architecture: 's390x' }] })).rejects.toMatchObject({
      code: Code.NotFound,
    })
    await expect(transfer({ unpacks: [{ platform: linuxAmd64, snapshotter: 'zfs' }] })).rejects.toMatchObject({
      code: Code.InvalidArgument,
      message: 'unable to initialize unpacker: no unpack platforms defined',
    })
    expect(await names(world.view)).toEqual([])
    expect(await leases(world.view)).toBe(0)
  })

  it.each([
    ['is no archive', (archive: Buffer) => Buffer.alloc(2000, 'x').fill(archive.subarray(0, 1))],
    ['ends too early', (archive: Buffer) => archive.subarray(0, 3000)],
  ])('names nothing from a stream that %s', async (_what, damage) => {
    await using world = await openWorld()
    const { archive } = await archiveOf({ name: 'docker.io/library/x:v1' })
    const to = storeEnd({ extraReferences: [prefix('p')] })
    await expect(world.transferrer.transfer(namespace, importEnd(damage(archive)), to)).rejects.toThrow()
    expect(await names(world.view)).toEqual([])
    expect(await leases(world.view)).toBe(0)
  })
})

describe('export', () => {
  it('writes an archive that another store imports', async () => {
    await using world = await openWorld()
    const { archive, manifest } = await archiveOf({ name: 'docker.io/library/x:v1' })
    await world.transferrer.transfer(namespace, importEnd(archive), storeEnd({ extraReferences: [prefix('p')] }))
    const log = progressLog()
    const { end, bytes } = exportEnd({ platforms: [linuxAmd64] })
    await world.transferrer.transfer(namespace, storeEnd({ name: 'docker.io/library/x:v1' }), end, log)
    expect(log.events()).toEqual(['Exporting', 'Completed export'])

    await using other = await openWorld()
    await other.transferrer.transfer(namespace, importEnd(bytes()), storeEnd({ extraReferences: [prefix('p')] }))
    expect((await other.view.images.get('docker.io/library/x:v1')).target.digest).toBe(manifest.digest)
  })

  it('exports several names, and knows which are missing', async () => {
    await using world = await openWorld()
    const { archive } = await archiveOf({ name: 'docker.io/library/x:v1' })
    await world.transferrer.transfer(namespace, importEnd(archive), storeEnd({ extraReferences: [prefix('p')] }))
    const whole = { isPrefix: false, allowOverwrite: false, addDigest: false, skipNamedDigest: false }
    const from = (name: string) => storeEnd({ extraReferences: [{ ...whole, name }] })
    const { end, bytes } = exportEnd({ allPlatforms: true })
    await world.transferrer.transfer(namespace, from('docker.io/library/x:v1'), end)
    expect(bytes().length).toBeGreaterThan(1000)
    const fails = (source: ReturnType<typeof storeEnd>) =>
      world.transferrer.transfer(namespace, source, exportEnd().end)
    await expect(fails(from('gone'))).rejects.toMatchObject({ code: Code.NotFound })
    await expect(fails(storeEnd({ extraReferences: [prefix('p')] }))).rejects.toMatchObject({
      code: Code.Unimplemented,
    })
  })
})

describe('tag and echo', () => {
  it('gives an image another name, with the labels asked for alone', async () => {
    await using world = await openWorld()
    const { archive, manifest } = await archiveOf({ name: 'docker.io/library/x:v1' })
    const to = storeEnd({ labels: { a: 'b' }, extraReferences: [prefix('p')] })
    await world.transferrer.transfer(namespace, importEnd(archive), to)
    await world.transferrer.transfer(namespace, storeEnd({ name: 'docker.io/library/x:v1' }), storeEnd({ name: 'y' }))
    expect(await world.view.images.get('y')).toMatchObject({ target: { digest: manifest.digest }, labels: {} })
    await expect(
      world.transferrer.transfer(namespace, storeEnd({ name: 'gone' }), storeEnd({ name: 'z' })),
    ).rejects.toMatchObject({ code: Code.NotFound })
  })

  it('sends back the bytes it gets', async () => {
    await using world = await openWorld()
    const { end, bytes } = exportEnd()
    await world.transferrer.transfer(namespace, importEnd(Buffer.from('hello')), end)
    expect(bytes().toString()).toBe('hello')
  })

  it('knows no other pairs', async () => {
    await using world = await openWorld()
    const registry = { kind: 'registry' as const, reference: 'example.com/a:b', access: {} }
    await expect(world.transferrer.transfer(namespace, registry, registry)).rejects.toMatchObject({
      code: Code.Unimplemented,
    })
  })
})
