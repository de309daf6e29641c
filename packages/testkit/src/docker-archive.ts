// SPDX-License-Identifier: Apache-2.0
import { readBlob, type ImageLayout } from './image-layout.ts'
import { tarBytes, type TarEntry } from './tar.ts'

/** An image whose layers are not compressed, as `docker save` writes it and `docker load` takes it. */
export async function dockerArchive(image: ImageLayout, tags: readonly string[]): Promise<Buffer> {
  const entry = async (digest: string, suffix: string): Promise<TarEntry> => ({
    name: `${digest.slice('sha256:'.length)}${suffix}`,
    data: await readBlob(image.dir, digest),
  })
  const config = await entry(image.config.digest, '.json')
  const layers = await Promise.all(image.layers.map(({ digest }) => entry(digest, '.tar')))
  const manifest = [{ Config: config.name, RepoTags: tags, Layers: layers.map(({ name }) => name) }]
  return tarBytes([config, ...layers, { name: 'manifest.json', data: JSON.stringify(manifest) }])
}
