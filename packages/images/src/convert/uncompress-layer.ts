// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentStore, Digest } from '@containerd-ts/core'
import { LabelKey } from '@containerd-ts/core'
import { sniffCompression } from '@containerd-ts/oci'
import { writeBlob } from '../write-blob.ts'
import { layerBytes } from './layer-bytes.ts'

/** What tells the compression. */
const sniffedBytes = 10

export interface PlainLayer {
  readonly digest: Digest
  readonly sizeBytes: number
}

/**
 * Stores what is inside a compressed layer, with the layer's labels but the one that names its diff ID: here that is
 * the digest. The bytes tell whether there is anything to do.
 * @throws {NotFoundError} no such layer @throws {DataLossError} it is damaged
 * @throws {UnavailableError} another conversion of the same layer is under way
 */
export async function uncompressLayer(
  content: ContentStore,
  digest: Digest,
  options: CallOptions,
): Promise<PlainLayer> {
  const { [LabelKey.uncompressed]: _diffId, ...labels } = (await content.info(digest, options)).labels
  await using reader = await content.open(digest, options)
  const kind = sniffCompression(await reader.read(0, sniffedBytes))
  if (kind === 'none') return { digest, sizeBytes: reader.sizeBytes }
  const bytes = layerBytes(reader, kind, digest, options.signal)
  return await writeBlob(content, `convert-uncompress-from-${digest}`, bytes, { ...options, labels })
}
