// SPDX-License-Identifier: Apache-2.0
// `make-big-image.ts DIR`: writes the image that import and pull are measured with. DIR appears whole or not at all.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { layoutArchive, makeImage, tarBytes } from '@containerd-ts/testkit'
import { layerEntries } from './big-layers.ts'

/** Shares of a distribution, what is installed on it, and an application. */
const layers = [
  { name: 'base', files: 4_000, sizeBytes: 190e6 },
  { name: 'packages', files: 6_300, sizeBytes: 290e6 },
  { name: 'app', files: 2_000, sizeBytes: 110e6 },
]
const name = 'docker.io/library/big:latest'

const dir = process.argv[2] ?? ''
const partial = `${dir}.${process.pid}`
await mkdir(partial, { recursive: true })
try {
  const layout = await makeImage(join(partial, 'layout'), {
    layers: layers.map((layer) => tarBytes(layerEntries(layer))),
    name,
  })
  await writeFile(join(partial, 'archive.tar'), await layoutArchive(layout.dir))
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
  const image = {
    name,
    layout,
    compressedBytes: sum(layout.layers.map(({ size }) => size)),
    unpackedBytes: sum(layers.map(({ sizeBytes }) => sizeBytes)),
    files: sum(layers.map(({ files }) => files)),
  }
  await writeFile(join(partial, 'image.json'), JSON.stringify(image))
  await rename(partial, dir)
} finally {
  await rm(partial, { recursive: true, force: true })
}
