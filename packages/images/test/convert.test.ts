// SPDX-License-Identifier: Apache-2.0
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { parseDigest } from '@containerd-ts/core'
import type { Digest } from '@containerd-ts/core'
import { Code, codeOf, describe as told } from '@containerd-ts/errdefs'
import { digestBytes, encodeIndex, MediaType, onlyStrict } from '@containerd-ts/oci'
import type { OciDescriptor, Platform } from '@containerd-ts/oci'
import { tarBytes } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import {
  buildImage,
  checkImage,
  convertImage,
  imageDetails,
  readIndex,
  readManifest,
  unpackImage,
} from '../src/index.ts'
import { World } from './support/world.ts'

const amd64: Platform = { os: 'linux', architecture: 'amd64' }
const arm64: Platform = { os: 'linux', architecture: 'arm64' }
const tar = (name: string): Buffer => tarBytes([{ name, data: Buffer.alloc(30_000, name) }])
const compressors = { gzip: gzipSync, zstd: zstdCompressSync, none: (bytes: Buffer) => bytes }
const dockerLayers = {
  gzip: MediaType.dockerLayerGzip,
  zstd: MediaType.dockerLayerZstd,
  none: MediaType.dockerLayer,
}

async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

const put = (world: World, mediaType: string, bytes: Uint8Array, labels = {}): OciDescriptor => ({
  mediaType,
  digest: world.content.put(bytes, labels),
  sizeBytes: bytes.length,
})

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const plainOf = ({ mediaType, digest, sizeBytes }: OciDescriptor) => ({ mediaType, digest, size: sizeBytes })

/** A manifest of Docker's kind, as a pull stores it. */
function dockerManifest(world: World, kinds: readonly (keyof typeof compressors)[], platform = amd64): OciDescriptor {
  const layers = kinds.map((kind, i) => {
    const labels = { 'containerd.io/uncompressed': digestBytes(tar(`${i}`)), 'containerd.io/other': 'kept' }
    return put(world, dockerLayers[kind], compressors[kind](tar(`${i}`)), labels)
  })
  const rootfs = { type: 'layers', diff_ids: kinds.map((_kind, i) => digestBytes(tar(`${i}`))) }
  const config = put(world, MediaType.dockerConfig, json({ ...platform, rootfs, config: { Env: ['A=<b>'] } }))
  const document = {
    schemaVersion: 2,
    mediaType: MediaType.dockerManifest,
    config: plainOf(config),
    layers: layers.map(plainOf),
  }
  const labels = Object.fromEntries(layers.map(({ digest }, i) => [`containerd.io/gc.ref.content.l.${i}`, digest]))
  return put(world, MediaType.dockerManifest, json(document), {
    ...labels,
    'containerd.io/gc.ref.content.config': config.digest,
    'containerd.io/distribution.source.docker.io': 'library/x',
  })
}

function dockerIndex(world: World): OciDescriptor {
  const manifests = [amd64, arm64].map((platform) => ({ ...dockerManifest(world, ['gzip'], platform), platform }))
  return put(world, MediaType.dockerManifestList, encodeIndex({ mediaType: MediaType.dockerManifestList, manifests }))
}

async function named(target: (world: World) => OciDescriptor, name = 'from'): Promise<World> {
  const world = new World()
  await world.images.create({ name, target: target(world), labels: { made: 'here' } })
  return world
}

const layersOf = async (world: World, target: OciDescriptor) => (await readManifest(world.content, target)).layers

describe('uncompress', () => {
  it.each(['gzip', 'zstd'] as const)('stores %s layers as tar, and leaves diff IDs and config', async (compression) => {
    const world = new World()
    const layers = [stream(tar('0')), stream(tar('1'))]
    const { target } = await buildImage(world, 'from', { layers, platform: amd64, compression })
    const before = await readManifest(world.content, target)
    const converted = await convertImage(world, 'from', 'to', { uncompress: true })
    const after = await readManifest(world.content, converted.target)
    expect(after.config).toEqual(before.config)
    expect(after.layers).toEqual(
      ['0', '1'].map((n) => ({
        mediaType: MediaType.ociLayer,
        digest: digestBytes(tar(n)),
        sizeBytes: tar(n).length,
      })),
    )
    expect(world.content.bytesOf(after.layers[1]!.digest)).toEqual(tar('1'))
    expect(world.content.labelsOf(converted.target.digest)).toEqual({
      'containerd.io/gc.ref.content.config': before.config.digest,
      'containerd.io/gc.ref.content.l.0': after.layers[0]!.digest,
      'containerd.io/gc.ref.content.l.1': after.layers[1]!.digest,
    })
    expect((await world.images.get('from')).target).toEqual(target)
    expect(world.leftovers).toEqual([])
  })

  it('gives an image that is complete and unpacks to the same snapshots', async () => {
    const world = await named((w) => dockerManifest(w, ['gzip', 'zstd', 'none', 'gzip']))
    const [plan] = world.unpack()
    const options = { platforms: onlyStrict(amd64) }
    const top = await unpackImage(world, (await world.images.get('from')).target, plan!.target, options)
    const { target } = await convertImage(world, 'from', 'to', { uncompress: true })
    expect(await checkImage(world.content, target, onlyStrict(amd64))).toMatchObject({ missing: [] })
    expect((await layersOf(world, target)).map((layer) => layer.mediaType)).toEqual(
      Array(4).fill(MediaType.dockerLayer),
    )
    expect(await unpackImage(world, target, plan!.target, options)).toBe(top)
  })

  it('keeps labels of layers and manifest, but those that no longer hold', async () => {
    const world = await named((w) => dockerManifest(w, ['gzip']))
    const { target } = await convertImage(world, 'from', 'to', { uncompress: true })
    const [layer] = await layersOf(world, target)
    expect(world.content.labelsOf(layer!.digest)).toEqual({ 'containerd.io/other': 'kept' })
    expect(world.content.labelsOf(target.digest)).toMatchObject({
      'containerd.io/distribution.source.docker.io': 'library/x',
      'containerd.io/gc.ref.content.l.0': layer!.digest,
    })
  })

  it('reads zstd of several frames, skippable ones among them', async () => {
    const bytes = tar('0')
    const skippable = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2])
    const frames = [skippable, zstdCompressSync(bytes.subarray(0, 9000)), zstdCompressSync(bytes.subarray(9000))]
    const world = await named((w) => {
      const layer = put(w, MediaType.ociLayerZstd, Buffer.concat([...frames, skippable]))
      const rootfs = { type: 'layers', diff_ids: [digestBytes(bytes)] }
      const config = put(w, MediaType.ociConfig, json({ ...amd64, rootfs }))
      return put(w, MediaType.ociManifest, json({ config: plainOf(config), layers: [plainOf(layer)] }))
    })
    const { target } = await convertImage(world, 'from', 'to', { uncompress: true })
    expect((await layersOf(world, target))[0]!.digest).toBe(digestBytes(bytes))
  })

  it('goes by the bytes where the media type lies', async () => {
    const world = await named((w) => {
      const layer = put(w, MediaType.dockerLayerGzip, tar('0'))
      const config = put(w, MediaType.dockerConfig, json({ ...amd64, rootfs: { diff_ids: [layer.digest] } }))
      return put(w, MediaType.dockerManifest, json({ config: plainOf(config), layers: [plainOf(layer)] }))
    })
    const { target } = await convertImage(world, 'from', 'to', { uncompress: true })
    expect(await layersOf(world, target)).toMatchObject([
      { mediaType: MediaType.dockerLayer, digest: digestBytes(tar('0')) },
    ])
  })
})

describe('oci', () => {
  it("renames Docker's media types all over an index, and leaves config and layers where they are", async () => {
    const world = await named(dockerIndex)
    const { target, labels } = await convertImage(world, 'from', 'to', { oci: true })
    expect([target.mediaType, labels]).toEqual([MediaType.ociIndex, { made: 'here' }])
    const index = await readIndex(world.content, target)
    expect(index.mediaType).toBe(MediaType.ociIndex)
    expect(index.manifests.map(({ mediaType, platform }) => [mediaType, platform])).toEqual([
      [MediaType.ociManifest, amd64],
      [MediaType.ociManifest, arm64],
    ])
    const old = await readIndex(world.content, (await world.images.get('from')).target)
    for (const [i, entry] of index.manifests.entries()) {
      const [before, after] = await Promise.all([old.manifests[i]!, entry].map((d) => readManifest(world.content, d)))
      expect(after).toEqual({
        mediaType: MediaType.ociManifest,
        config: { ...before!.config, mediaType: MediaType.ociConfig },
        layers: [{ ...before!.layers[0], mediaType: MediaType.ociLayerGzip }],
      })
    }
    expect(world.content.labelsOf(target.digest)).toEqual({
      'containerd.io/gc.ref.content.m.0': index.manifests[0]!.digest,
      'containerd.io/gc.ref.content.m.1': index.manifests[1]!.digest,
    })
  })

  it('goes together with uncompressing, and does what is done already to nothing', async () => {
    const world = await named(dockerIndex)
    const options = { oci: true, uncompress: true }
    const { target } = await convertImage(world, 'from', 'to', options)
    const { manifest } = await imageDetails(world.content, target, onlyStrict(arm64))
    expect([manifest.config, ...manifest.layers].map((d) => d.mediaType)).toEqual([
      MediaType.ociConfig,
      MediaType.ociLayer,
    ])
    const { writes } = world.content
    expect((await convertImage(world, 'to', 'again', options)).target).toEqual(target)
    expect(world.content.writes).toBe(writes)
  })

  it("writes documents as Go's encoder does", async () => {
    const world = await named((w) => {
      const config = put(w, MediaType.dockerConfig, json(amd64))
      const annotations = { a: '<&>\u2028' }
      return put(w, MediaType.dockerManifest, json({ config: plainOf(config), layers: [], annotations }))
    })
    const { target } = await convertImage(world, 'from', 'to', { oci: true })
    expect(world.content.bytesOf(target.digest).toString()).toContain(String.raw`{"a":"\u003c\u0026\u003e\u2028"}`)
  })

  it("takes annotations from Docker's descriptors when their types stay", async () => {
    const annotations = { a: 'b' }
    const world = await named((w) => {
      const config = { ...plainOf(put(w, MediaType.dockerConfig, json(amd64))), annotations }
      const document = { mediaType: MediaType.dockerManifest, config, layers: [] }
      return { ...put(w, MediaType.dockerManifest, json(document)), annotations }
    })
    const { target } = await convertImage(world, 'from', 'to')
    expect(target.annotations).toBeUndefined()
    expect((await readManifest(world.content, target)).config.annotations).toBeUndefined()
    const oci = await convertImage(world, 'from', 'oci', { oci: true })
    expect((await readManifest(world.content, oci.target)).config.annotations).toEqual(annotations)
  })
})

describe('platforms', () => {
  it('leaves out of an index what is not wanted, and need not have it', async () => {
    const world = await named(dockerIndex)
    const before = await readIndex(world.content, (await world.images.get('from')).target)
    world.content.blobs.delete(before.manifests[1]!.digest)
    const { target } = await convertImage(world, 'from', 'to', { platforms: onlyStrict(amd64) })
    expect((await readIndex(world.content, target)).manifests).toEqual([before.manifests[0]])
    expect(world.content.labelsOf(target.digest)).toEqual({
      'containerd.io/gc.ref.content.m.0': before.manifests[0]!.digest,
    })
  })

  it('refuses an index that would be left with nothing', async () => {
    const world = await named(dockerIndex)
    const platforms = onlyStrict({ os: 'linux', architecture: 's390x' })
    await expect(convertImage(world, 'from', 'to', { platforms })).rejects.toSatisfy((e) => codeOf(e) === Code.NotFound)
  })

  it('takes a single manifest whatever it is for', async () => {
    const world = await named((w) => dockerManifest(w, ['gzip'], arm64))
    const { target } = await convertImage(world, 'from', 'to', { oci: true, platforms: onlyStrict(amd64) })
    expect(target.mediaType).toBe(MediaType.ociManifest)
  })
})

describe('names', () => {
  it('takes over a name that exists, its own as well', async () => {
    const world = await named((w) => dockerManifest(w, ['gzip']))
    await world.images.create({ name: 'to', target: put(world, MediaType.ociIndex, json({})) })
    const { target } = await convertImage(world, 'from', 'to', { uncompress: true })
    expect((await world.images.get('to')).target).toEqual(target)
    await convertImage(world, 'from', 'from', { uncompress: true })
    expect((await world.images.get('from')).target).toEqual(target)
  })

  it('gives an image that needs nothing another name', async () => {
    const world = await named((w) => dockerManifest(w, ['none']))
    const { target } = await convertImage(world, 'from', 'to', { uncompress: true })
    expect(target).toEqual((await world.images.get('from')).target)
  })

  it('wants two names, the first of an image', async () => {
    const world = new World()
    await expect(convertImage(world, 'from', '')).rejects.toMatchObject({ code: Code.InvalidArgument })
    await expect(convertImage(world, 'from', 'to')).rejects.toMatchObject({ code: Code.NotFound })
    expect(world.leftovers).toEqual([])
  })
})

describe('failures', () => {
  const expectFailure = async (
    world: World,
    code: Code,
    message: string | Digest,
    signal?: AbortSignal,
  ): Promise<void> => {
    const options = { uncompress: true, oci: true, signal }
    const error: unknown = await convertImage(world, 'from', 'to', options).catch((e: unknown) => e)
    expect([codeOf(error), told(error)]).toEqual([code, expect.stringContaining(message)])
    if (signal === undefined) expect(told(error)).toContain('image from')
    expect([...world.images.records.keys()]).toEqual(['from'])
    expect(world.leases.seen).toHaveLength(1)
    expect(world.leftovers).toEqual([])
  }

  it.each(['config', 'layer', 'manifest'] as const)('says which %s is missing, and names nothing', async (which) => {
    const world = await named((w) => dockerManifest(w, ['gzip']))
    const { target } = await world.images.get('from')
    const { config, layers } = await readManifest(world.content, target)
    const { digest } = { config, layer: layers[0]!, manifest: target }[which]
    world.content.blobs.delete(digest)
    await expectFailure(world, Code.NotFound, digest)
  })

  const spoilt = async (kind: 'gzip' | 'zstd', spoil: (bytes: Buffer) => Buffer): Promise<[World, Digest]> => {
    const world = await named((w) => dockerManifest(w, [kind]))
    const [layer] = await layersOf(world, (await world.images.get('from')).target)
    const blob = world.content.blobs.get(layer!.digest)!
    const bytes = spoil(Buffer.from(blob.bytes))
    world.content.blobs.set(layer!.digest, { info: { ...blob.info, sizeBytes: bytes.length }, bytes })
    return [world, layer!.digest]
  }

  it.each(['gzip', 'zstd'] as const)('says that a %s layer is damaged', async (kind) => {
    const [world, digest] = await spoilt(kind, (bytes) => bytes.fill(0xff, 4, 40))
    await expectFailure(world, Code.DataLoss, digest)
  })

  it.each(['gzip', 'zstd'] as const)('says that a %s layer is cut short', async (kind) => {
    const [world, digest] = await spoilt(kind, (bytes) => bytes.subarray(0, -3))
    await expectFailure(world, Code.DataLoss, digest)
  })

  it('says that a layer is not what its diff ID promises', async () => {
    const promised = parseDigest(`sha256:${'1'.repeat(64)}`)
    const world = await named((w) => {
      const layer = put(w, MediaType.ociLayerGzip, gzipSync(tar('0')))
      const config = put(w, MediaType.ociConfig, json({ ...amd64, rootfs: { diff_ids: [promised] } }))
      return put(w, MediaType.ociManifest, json({ config: plainOf(config), layers: [plainOf(layer)] }))
    })
    await expectFailure(world, Code.FailedPrecondition, promised)
  })

  it('stops when it is cancelled, lets its lease go, and the next one succeeds', async () => {
    const world = await named((w) => dockerManifest(w, ['gzip']))
    const stop = new AbortController()
    const { ingest } = world.content
    world.content.ingest = async (...args) => {
      const writer = await ingest.apply(world.content, args)
      stop.abort(new DOMException('enough', 'AbortError'))
      return writer
    }
    await expectFailure(world, Code.Canceled, 'enough', stop.signal)
    world.content.ingest = ingest
    const { target } = await convertImage(world, 'from', 'to', { uncompress: true })
    expect((await layersOf(world, target))[0]!.digest).toBe(digestBytes(tar('0')))
  })
})
