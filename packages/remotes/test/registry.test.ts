// SPDX-License-Identifier: Apache-2.0
import { digestOf, parseDigest } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { digestBytes, MediaType } from '@containerd-ts/oci'
import type { OciDescriptor } from '@containerd-ts/oci'
import { hasPeers, makeImage, startRegistry, tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { createResolver } from '../src/index.ts'

const userAgent = 'containerd/test'

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const blobOf = (bytes: Uint8Array, mediaType: string): OciDescriptor => ({
  mediaType,
  digest: digestBytes(bytes),
  sizeBytes: bytes.length,
})

async function* chunks(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000)
}

describe.skipIf(!hasPeers().open)("against Debian's docker-registry", () => {
  it('resolves a tag and a digest, fetches the manifest, and resumes a blob in its middle', async () => {
    await using registry = await startRegistry()
    await using root = await tempRoot()
    const image = await makeImage(root.path, {
      layers: [[{ name: 'a', data: Buffer.alloc(100_000, 'x') }]],
      compression: 'none',
    })
    const ref = await registry.push(image, 'library/x', 'latest')
    await using resolver = createResolver({ userAgent })

    const { descriptor } = await resolver.resolve(ref)
    expect(descriptor).toMatchObject({
      digest: image.manifest.digest,
      sizeBytes: image.manifest.size,
      mediaType: MediaType.ociManifest,
    })
    const byDigest = await resolver.resolve(`${registry.host}/library/x@${descriptor.digest}`)
    expect(byDigest.descriptor).toEqual(descriptor)

    const fetcher = await resolver.fetcher(ref)
    const manifest = await collect(fetcher.fetch(descriptor))
    expect(digestBytes(manifest)).toBe(descriptor.digest)
    const [layer] = image.layers
    const blob = { mediaType: layer!.mediaType, digest: parseDigest(layer!.digest), sizeBytes: layer!.size }
    const whole = await collect(fetcher.fetch(blob))
    expect(digestBytes(whole)).toBe(blob.digest)
    expect(await collect(fetcher.fetch(blob, { offset: 40_000 }))).toEqual(whole.subarray(40_000))
    expect(await fetcher.referrers(descriptor.digest)).toEqual([])
  })

  it('names what is missing', async () => {
    await using registry = await startRegistry()
    await using resolver = createResolver({ userAgent })
    await expect(resolver.resolve(`${registry.host}/library/none:latest`)).rejects.toMatchObject({
      code: Code.NotFound,
      message: expect.stringContaining(`${registry.host}/library/none:latest: not found`),
    })
    const fetcher = await resolver.fetcher(`${registry.host}/library/none:latest`)
    const missing = { mediaType: MediaType.ociLayer, digest: digestOf('sha256', '0'.repeat(64)), sizeBytes: 10 }
    await expect(collect(fetcher.fetch(missing))).rejects.toMatchObject({ code: Code.NotFound })
  })

  it('pushes blobs and a manifest, says what is there, and mounts from another repository', async () => {
    await using registry = await startRegistry()
    await using resolver = createResolver({ userAgent })
    const layer = Buffer.alloc(300_000, 'y')
    const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}')
    const layerBlob = blobOf(layer, MediaType.ociLayer)
    const configBlob = blobOf(config, MediaType.ociConfig)
    const pusher = await resolver.pusher(`${registry.host}/a/one:v1`)
    const sent: number[] = []
    expect(await pusher.push(layerBlob, () => chunks(layer), { onProgress: (n) => sent.push(n) })).toBe('pushed')
    expect(sent.at(-1)).toBe(layer.length)
    expect(await pusher.push(layerBlob, () => chunks(layer))).toBe('exists')
    expect(await pusher.push(configBlob, () => chunks(config))).toBe('pushed')
    const json = (d: OciDescriptor) => ({ mediaType: d.mediaType, digest: d.digest, size: d.sizeBytes })
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MediaType.ociManifest,
        config: json(configBlob),
        layers: [json(layerBlob)],
      }),
    )
    const manifestBlob = blobOf(manifest, MediaType.ociManifest)
    expect(await pusher.push(manifestBlob, () => chunks(manifest))).toBe('pushed')
    expect(await pusher.push(manifestBlob, () => chunks(manifest))).toBe('exists')
    expect((await resolver.resolve(`${registry.host}/a/one:v1`)).descriptor).toEqual(manifestBlob)

    const other = await resolver.pusher(`${registry.host}/a/two:v1`)
    expect(await other.push(layerBlob, () => chunks(layer), { mountFrom: 'a/one' })).toBe('mounted')
  })

  it('answers Basic challenges, and tells refused and missing credentials apart from absence', async () => {
    await using registry = await startRegistry({ auth: { user: 'u', password: 'p w' } })
    await using root = await tempRoot()
    const image = await makeImage(root.path, { layers: [[{ name: 'a', data: 'x' }]] })
    const ref = await registry.push(image, 'library/x', 'latest')
    await using good = createResolver({ userAgent, credentials: () => ({ username: 'u', secret: 'p w' }) })
    const { descriptor } = await good.resolve(ref)
    expect(digestBytes(await collect((await good.fetcher(ref)).fetch(descriptor)))).toBe(descriptor.digest)
    const config = blobOf(Buffer.from('{}'), MediaType.ociConfig)
    expect(await (await good.pusher(ref)).push(config, () => chunks(Buffer.from('{}')))).toBe('pushed')

    await using wrong = createResolver({ userAgent, credentials: () => ({ username: 'u', secret: 'no' }) })
    const refused = wrong.resolve(ref)
    await expect(refused).rejects.toMatchObject({ code: Code.Unauthenticated })
    await expect(refused).rejects.not.toThrow(/"?no"?$/)
    await using anonymous = createResolver({ userAgent })
    await expect(anonymous.resolve(ref)).rejects.toMatchObject({
      code: Code.Unauthenticated,
      message: expect.stringContaining('pull access denied'),
    })
  })
})
