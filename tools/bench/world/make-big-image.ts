// SPDX-License-Identifier: Apache-2.0
// `make-big-image.ts DIR`: writes the image that import and pull are measured with into DIR.
import { writeFile } from 'node:fs/promises'
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
const layout = await makeImage(join(dir, 'layout'), {
  layers: layers.map((layer) => tarBytes(layerEntries(layer))),
  name,
})
await writeFile(join(dir, 'archive.tar'), await layoutArchive(layout.dir))
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
const image = {
  name,
  layout,
  compressedBytes: sum(layout.layers.map(({ size }) => size)),
  unpackedBytes: sum(layers.map(({ sizeBytes }) => sizeBytes)),
  files: sum(layers.map(({ files }) => files)),
}
await writeFile(join(dir, 'image.json'), JSON.stringify(image))
