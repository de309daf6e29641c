// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { layoutArchive, makeImage, readBlob, sha256 } from './image-layout.ts'
import { mustRun } from './run-command.ts'
import { tempRoot } from './temp-root.ts'

const layers = [[{ name: 'a', data: 'one' }], [{ name: 'b', data: 'two' }]]

describe('makeImage', () => {
  it('links index, manifest, config and layers by digest and size', async () => {
    await using tmp = await tempRoot()
    const image = await makeImage(tmp.path, { layers, name: 'example.org/x:1' })
    const index = JSON.parse(await readFile(tmp.join('index.json'), 'utf8'))
    expect(index.manifests[0]).toMatchObject({
      digest: image.manifest.digest,
      annotations: { 'io.containerd.image.name': 'example.org/x:1', 'org.opencontainers.image.ref.name': '1' },
    })
    const manifest = JSON.parse((await readBlob(tmp.path, image.manifest.digest)).toString())
    for (const descriptor of [manifest.config, ...manifest.layers]) {
      const blob = await readBlob(tmp.path, descriptor.digest)
      expect(sha256(blob)).toBe(descriptor.digest)
      expect(blob).toHaveLength(descriptor.size)
    }
  })

  it.each([
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
    ['none', (bytes: Buffer) => bytes],
  ] as const)('diff IDs name the bytes before compression with %s', async (compression, decompress) => {
    await using tmp = await tempRoot()
    const image = await makeImage(tmp.path, { layers, compression })
    const config = JSON.parse((await readBlob(tmp.path, image.config.digest)).toString())
    for (const [at, layer] of image.layers.entries()) {
      expect(sha256(decompress(await readBlob(tmp.path, layer.digest)))).toBe(config.rootfs.diff_ids[at])
    }
  })

  it('gives the same digests for the same request', async () => {
    await using tmp = await tempRoot()
    const [one, two] = [await makeImage(tmp.join('1'), { layers }), await makeImage(tmp.join('2'), { layers })]
    expect(two.manifest.digest).toBe(one.manifest.digest)
  })

  it('writes the media types of Docker when asked', async () => {
    await using tmp = await tempRoot()
    const image = await makeImage(tmp.path, { layers, docker: true })
    expect(image.layers[0]?.mediaType).toBe('application/vnd.docker.image.rootfs.diff.tar.gzip')
    expect(image.manifest.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json')
  })

  it('packs the layout into an archive that tar(1) lists', async () => {
    await using tmp = await tempRoot()
    const image = await makeImage(tmp.path, { layers })
    const { stdout } = await mustRun('tar', ['-tf', '-'], { input: await layoutArchive(tmp.path) })
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining(['oci-layout', 'index.json', `blobs/sha256/${image.config.digest.slice(7)}`]),
    )
  })
})
