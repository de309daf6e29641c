// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { Code } from '@containerd-ts/errdefs'
import { digestBytes, MediaType, only } from '@containerd-ts/oci'
import {
  eventually,
  goPeers,
  hasPeers,
  layoutArchive,
  makeImage,
  mustRun,
  tarBytes,
  tempRoot,
} from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import {
  addRefPrefix,
  buildImage,
  exportArchive,
  filterRefPrefix,
  importArchive,
  imageDetails,
  imagePlatforms,
  unpackImage,
} from '../src/index.ts'
import { World } from './support/world.ts'

const linux = only({ os: 'linux', architecture: 'amd64' })

async function* pieces(bytes: Uint8Array, size = 1000): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function layout(name?: string): Promise<{ archive: Buffer; digest: string; config: string }> {
  await using root = await tempRoot()
  const layers = [[{ name: 'a', data: Buffer.alloc(50_000, 'a') }], [{ name: 'b', data: 'b' }]]
  const image = await makeImage(root.path, { layers, ...(name === undefined ? {} : { name }) })
  return { archive: await layoutArchive(root.path), digest: image.manifest.digest, config: image.config.digest }
}

/** What `docker save` writes: config and layers by plain paths, one layer through a symlink. */
function dockerSave(repoTags: readonly string[]): { archive: Buffer; layer: Buffer } {
  const layer = tarBytes([{ name: 'hello', data: 'hello' }])
  const diffId = digestBytes(layer)
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [diffId, diffId] },
  })
  const manifest = [{ Config: 'config.json', RepoTags: repoTags, Layers: ['one/layer.tar', 'two/layer.tar'] }]
  const archive = tarBytes([
    { name: 'config.json', data: config },
    { name: 'one/layer.tar', data: layer },
    { name: 'two/layer.tar', type: 'symlink', target: '../one/layer.tar' },
    { name: 'manifest.json', data: JSON.stringify(manifest) },
  ])
  return { archive, layer }
}

describe('import', () => {
  it.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
    ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
  ])('reads an OCI layout, %s, names it and lets its lease go', async (_kind, compress) => {
    const world = new World()
    const { archive, digest, config } = await layout('docker.io/library/x:latest')
    const [image] = await importArchive(world, pieces(compress(archive)), { labels: { a: 'b' } })
    expect(image).toMatchObject({ name: 'docker.io/library/x:latest', target: { digest }, labels: { a: 'b' } })
    expect(world.content.labelsOf(digest)).toMatchObject({ 'containerd.io/gc.ref.content.config': config })
    expect(world.leftovers).toEqual([])
    const [plan] = world.unpack()
    await unpackImage(world, image!.target, plan!.target, { platforms: linux })
    expect(world.snapshotter.snapshots.size).toBe(2)
  })

  it('reads what docker save writes, symlinked layers included', async () => {
    const world = new World()
    const { archive, layer } = dockerSave(['busybox', 'example.com/a/b:v1'])
    const images = await importArchive(world, pieces(archive))
    expect(images.map(({ name }) => name)).toEqual(['docker.io/library/busybox:latest', 'example.com/a/b:v1'])
    const { manifest, config } = await imageDetails(world.content, images[0]!.target, linux)
    expect(manifest.config.mediaType).toBe(MediaType.dockerConfig)
    expect(manifest.layers.map((l) => [l.mediaType, l.digest])).toEqual(
      Array(2).fill([MediaType.dockerLayer, digestBytes(layer)]),
    )
    expect(config.diffIds).toHaveLength(2)
    expect(await imagePlatforms(world.content, images[0]!.target)).toEqual([{ os: 'linux', architecture: 'amd64' }])
  })

  it('compresses raw layers on request, once', async () => {
    const world = new World()
    const { archive, layer } = dockerSave(['busybox'])
    const [image] = await importArchive(world, pieces(archive), { compressBlobs: true })
    const { manifest } = await imageDetails(world.content, image!.target, linux)
    expect(manifest.layers[0]?.mediaType).toBe(MediaType.dockerLayerGzip)
    expect(manifest.layers[1]).toEqual(manifest.layers[0])
    expect(world.content.labelsOf(manifest.layers[0]!.digest)['containerd.io/uncompressed']).toBe(digestBytes(layer))
  })

  it('names by prefix, by digest and by index', async () => {
    const world = new World()
    const { archive, digest } = await layout()
    const index = { digestName: (d: string) => `import@${d}`, indexName: 'whole:v1' }
    const images = await importArchive(world, pieces(archive), { translateName: addRefPrefix('import'), ...index })
    expect(images.map(({ name }) => name)).toEqual(['whole:v1', `import@${digest}`])
    expect(images[0]!.target.mediaType).toBe(MediaType.ociIndex)
  })

  it('translates reference names', () => {
    expect(['v1', 'a/b', 'x@y'].map(addRefPrefix('p'))).toEqual(['p:v1', 'a/b', 'x@y'])
    expect(['v1', 'p', 'p/x', 'p:v2', 'pq:v2', 'other:v1'].map(filterRefPrefix('p'))).toEqual([
      'p:v1',
      'p:p',
      'p/x',
      'p:v2',
      '',
      '',
    ])
  })

  it.each([
    ['no image', tarBytes([{ name: 'a', data: 'b' }]), Code.InvalidArgument],
    [
      'another layout version',
      tarBytes([{ name: 'oci-layout', data: '{"imageLayoutVersion":"9"}' }]),
      Code.InvalidArgument,
    ],
    ['no index', tarBytes([{ name: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' }]), Code.InvalidArgument],
    ['broken JSON', tarBytes([{ name: 'manifest.json', data: '{' }]), Code.InvalidArgument],
    [
      'a missing config',
      tarBytes([{ name: 'manifest.json', data: '[{"Config":"c","Layers":[]}]' }]),
      Code.InvalidArgument,
    ],
    ['not a tar', Buffer.alloc(2000, 'x'), Code.InvalidArgument],
    ['a cut tar', tarBytes([{ name: 'a', data: Buffer.alloc(5000) }]).subarray(0, 2000), Code.InvalidArgument],
    ['a cut gzip', gzipSync(dockerSave(['a']).archive).subarray(0, 100), Code.InvalidArgument],
  ])('refuses %s and leaves nothing', async (_what, archive, code) => {
    const world = new World()
    await expect(importArchive(world, pieces(archive))).rejects.toMatchObject({ code })
    expect(world.leftovers).toEqual([])
    expect(world.images.records.size).toBe(0)
  })

  it.each([
    ['no archive', Buffer.alloc(2000, 'x')],
    ['a damaged gzip', Buffer.concat([gzipSync(randomBytes(5000)).subarray(0, 20), Buffer.alloc(9000, 'x')])],
    [
      'an archive that breaks off',
      Buffer.concat([tarBytes([{ name: 'a' }]).subarray(0, 512), Buffer.alloc(2000, 'x')]),
    ],
  ])('does not wait for a peer that goes silent after %s', async (_what, bytes) => {
    const world = new World()
    const silent = Promise.withResolvers<void>()
    let released = false
    async function* source(): AsyncIterable<Uint8Array> {
      try {
        yield bytes
        await silent.promise
      } finally {
        released = true
      }
    }
    await expect(importArchive(world, source())).rejects.toMatchObject({ code: Code.InvalidArgument })
    expect(world.leftovers).toEqual([])
    silent.resolve()
    await eventually('the source is let go', () => expect(released).toBe(true))
  })

  it('says when no manifest fits the platform, and when a child is missing', async () => {
    const world = new World()
    const { archive } = await layout('x/y:z')
    const platforms = only({ os: 'linux', architecture: 's390x' })
    await expect(importArchive(world, pieces(archive), { platforms })).rejects.toMatchObject({ code: Code.NotFound })
    const hollow = tarBytes([
      { name: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}' },
      {
        name: 'index.json',
        data: JSON.stringify({
          schemaVersion: 2,
          manifests: [{ mediaType: MediaType.ociManifest, digest: digestBytes('x'), size: 3 }],
        }),
      },
    ])
    await expect(importArchive(world, pieces(hollow))).rejects.toMatchObject({ code: Code.NotFound })
  })

  it('takes archives of any size without piling up listeners', async () => {
    const warnings: unknown[] = []
    const note = (warning: unknown): void => void warnings.push(warning)
    process.on('warning', note)
    const world = new World()
    const big = tarBytes([{ name: 'big', data: Buffer.alloc(4_000_000, 'b') }])
    const image = await buildImage(world, 'a/b:c', { layers: [pieces(big)], compression: 'none' })
    const archive = exportArchive(world.content, [{ target: image.target, names: [image.name] }])
    expect(await importArchive(new World(), archive)).toHaveLength(1)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', note)
    expect(warnings).toEqual([])
  })

  it('stops on a signal', async () => {
    const world = new World()
    const { archive } = await layout('x/y:z')
    const stop = new AbortController()
    async function* slow(): AsyncIterable<Uint8Array> {
      yield archive.subarray(0, 20_000)
      stop.abort()
      yield archive.subarray(20_000)
    }
    await expect(importArchive(world, slow(), { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' })
    expect(world.leftovers).toEqual([])
  })
})

describe('export', () => {
  async function exported(): Promise<{ world: World; archive: Buffer }> {
    const world = new World()
    const [image] = await importArchive(world, pieces((await layout('docker.io/library/x:v1')).archive))
    return {
      world,
      archive: await collect(
        exportArchive(world.content, [{ target: image!.target, names: [image!.name, 'example.com/y:v2'] }]),
      ),
    }
  }

  it('comes back with the same digests under all names, the same bytes each time', async () => {
    const { archive } = await exported()
    expect((await exported()).archive.equals(archive)).toBe(true)
    const again = new World()
    const images = await importArchive(again, pieces(archive))
    expect(images.map(({ name }) => name)).toEqual(['docker.io/library/x:v1', 'example.com/y:v2'])
  })

  it('is an archive that tar lists in byte order, with a manifest for Docker', async () => {
    await using root = await tempRoot()
    await writeFile(root.join('a.tar'), (await exported()).archive)
    const { stdout } = await mustRun('tar', ['-tvf', root.join('a.tar')])
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').at(-1) as string)
    expect(names).toEqual(names.toSorted())
    expect(names).toContain('manifest.json')
    expect(stdout).toMatch(/^drwxr-xr-x 0\/0 .* 1970-01-01 .* blobs\/$/m)
    await mustRun('tar', ['-C', root.path, '-xf', root.join('a.tar')])
    const [docker] = JSON.parse(await readFile(root.join('manifest.json'), 'utf8')) as [
      { RepoTags: string[]; Layers: string[] },
    ]
    expect(docker.RepoTags).toEqual(['x:v1', 'example.com/y:v2'])
    expect(docker.Layers).toHaveLength(2)
  })

  it('refuses a blob that differs from its digest, and one that is missing', async () => {
    const { world } = await exported()
    const [image] = [...world.images.records.values()]
    const { manifest } = await imageDetails(world.content, image!.target, linux)
    const layer = manifest.layers[0]!
    world.content.bytesOf(layer.digest)[0] = 0
    const broken = collect(exportArchive(world.content, [{ target: image!.target, names: [] }]))
    await expect(broken).rejects.toMatchObject({ code: Code.DataLoss })
    world.content.blobs.delete(layer.digest)
    const missing = collect(exportArchive(world.content, [{ target: image!.target, names: [] }]))
    await expect(missing).rejects.toMatchObject({ code: Code.NotFound })
    const hollow = await collect(
      exportArchive(world.content, [{ target: image!.target, names: [] }], { skipMissing: true }),
    )
    expect(hollow.length).toBeGreaterThan(0)
  })

  it.skipIf(!hasPeers().open)('opens in skopeo with the same digest', async () => {
    await using root = await tempRoot()
    const { world, archive } = await exported()
    const [image] = [...world.images.records.values()]
    await writeFile(root.join('a.tar'), archive)
    const peers = goPeers()
    const inspect = await mustRun('skopeo', ['inspect', '--raw', `docker-archive:${root.join('a.tar')}:x:v1`], {
      env: peers.env,
    })
    expect(inspect.stdout).toContain('"layers"')
    const oci = await mustRun('skopeo', ['inspect', `oci-archive:${root.join('a.tar')}:v1`], { env: peers.env })
    expect((JSON.parse(oci.stdout) as { Digest: string }).Digest).toBe(image!.target.digest)
  })
})
