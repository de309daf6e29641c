// SPDX-License-Identifier: Apache-2.0
import { createReadStream, createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { only } from '@containerd-ts/oci'
import { allOf, goPeers, hasPeers, makeImage, mustRun, requireRoot, tarBytes, tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { buildImage, exportArchive, imageDetails, importArchive } from '../../src/index.ts'
import { World } from '../support/world.ts'

const platform = { os: 'linux', architecture: 'amd64' }

async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

describe.skipIf(!allOf(hasPeers(), requireRoot()).open)('Go tools and ours', () => {
  it('umoci unpacks and skopeo reads what we built and exported', async () => {
    await using root = await tempRoot()
    const { env } = goPeers()
    const world = new World()
    const layers = [
      stream(
        tarBytes([
          { name: 'etc/', type: 'directory' },
          { name: 'etc/a', data: 'one' },
        ]),
      ),
      stream(tarBytes([{ name: 'b', data: 'two' }])),
    ]
    const { name, target } = await buildImage(world, 'example.com/x:v1', { layers, platform })
    const archive = exportArchive(world.content, [{ target, names: [name] }])
    await pipeline(Readable.from(archive), createWriteStream(root.join('x.tar')))
    await mustRun('mkdir', [root.join('layout')])
    await mustRun('tar', ['-C', root.join('layout'), '-xf', root.join('x.tar')])
    await mustRun('umoci', ['unpack', '--image', `${root.join('layout')}:v1`, root.join('bundle')], { env })
    expect(await readFile(root.join('bundle', 'rootfs', 'etc', 'a'), 'utf8')).toBe('one')
    const inspected = await mustRun('skopeo', ['inspect', `oci:${root.join('layout')}:v1`], { env })
    const { Digest, Layers } = JSON.parse(inspected.stdout) as { Digest: string; Layers: string[] }
    const { manifest } = await imageDetails(world.content, target, only(platform))
    expect([Digest, Layers]).toEqual([target.digest, manifest.layers.map(({ digest }) => digest)])
  })

  it('we import what skopeo writes for Docker and as OCI', async () => {
    await using root = await tempRoot()
    const { env } = goPeers()
    const image = await makeImage(root.join('layout'), {
      layers: [[{ name: 'a', data: 'x' }]],
      name: 'docker.io/library/x:v1',
    })
    const copy = (to: string) =>
      mustRun('skopeo', ['--insecure-policy', 'copy', `oci:${root.join('layout')}:v1`, to], { env })
    await copy(`oci-archive:${root.join('oci.tar')}:v1`)
    await copy(`docker-archive:${root.join('docker.tar')}:x:v1`)
    for (const file of ['oci.tar', 'docker.tar']) {
      const world = new World()
      const [record] = await importArchive(world, createReadStream(root.join(file)), {
        translateName: (tag) => `x:${tag}`,
      })
      const { rootfs } = await imageDetails(world.content, record!.target, only(platform))
      expect(rootfs).toEqual(image.layers.map(({ diffId }) => diffId))
      expect(record!.name).toBe(file === 'oci.tar' ? 'x:v1' : 'docker.io/library/x:v1')
    }
  })
})
