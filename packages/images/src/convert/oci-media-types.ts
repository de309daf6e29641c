// SPDX-License-Identifier: Apache-2.0
import { MediaType } from '@containerd-ts/oci'

const nonDistributable = 'application/vnd.oci.image.layer.nondistributable.v1.tar'

const ociTypes: ReadonlyMap<string, string> = new Map([
  [MediaType.dockerManifestList, MediaType.ociIndex],
  [MediaType.dockerManifest, MediaType.ociManifest],
  [MediaType.dockerConfig, MediaType.ociConfig],
  [MediaType.dockerLayer, MediaType.ociLayer],
  [MediaType.dockerLayerGzip, MediaType.ociLayerGzip],
  [MediaType.dockerLayerZstd, MediaType.ociLayerZstd],
  [MediaType.dockerForeignLayer, nonDistributable],
  [MediaType.dockerForeignLayerGzip, `${nonDistributable}+gzip`],
])

const plainTypes: ReadonlyMap<string, string> = new Map([
  [MediaType.ociLayerGzip, MediaType.ociLayer],
  [MediaType.ociLayerZstd, MediaType.ociLayer],
  [`${nonDistributable}+gzip`, nonDistributable],
  [`${nonDistributable}+zstd`, nonDistributable],
  [MediaType.dockerLayerGzip, MediaType.dockerLayer],
  [MediaType.dockerLayerZstd, MediaType.dockerLayer],
  // Docker has no name of its own for it, and some write this one.
  [`${MediaType.dockerLayer}+zstd`, MediaType.dockerLayer],
  [MediaType.dockerForeignLayerGzip, MediaType.dockerForeignLayer],
])

/** OCI's name for a media type of Docker's; others stay as they are. */
export const ociMediaType = (mediaType: string): string => ociTypes.get(mediaType) ?? mediaType

/** The uncompressed kind of a compressed layer; absent for anything else. */
export const plainLayerType = (mediaType: string): string | undefined => plainTypes.get(mediaType)
