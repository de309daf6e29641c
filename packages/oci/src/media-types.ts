// SPDX-License-Identifier: Apache-2.0
import { UnimplementedError } from '@containerd-ts/errdefs'

/** Media types that containerd reads or writes. */
export const MediaType = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerLayerZstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
  dockerForeignLayer: 'application/vnd.docker.image.rootfs.foreign.diff.tar',
  dockerForeignLayerGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  dockerSchema1: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  erofsLayer: 'application/vnd.erofs.layer.v1',
  inToto: 'application/vnd.in-toto+json',
  octetStream: 'application/octet-stream',
  checkpointCriu: 'application/vnd.containerd.container.criu.checkpoint.criu.tar',
  checkpointPredump: 'application/vnd.containerd.container.criu.checkpoint.predump.tar',
  checkpointResource: 'application/vnd.containerd.container.resource.tar',
  checkpointRw: 'application/vnd.containerd.container.rw.tar',
  checkpointConfig: 'application/vnd.containerd.container.checkpoint.config.v1+proto',
  checkpointOptions: 'application/vnd.containerd.container.checkpoint.options.v1+proto',
  checkpointRuntimeName: 'application/vnd.containerd.container.checkpoint.runtime.name',
  checkpointRuntimeOptions: 'application/vnd.containerd.container.checkpoint.runtime.options+proto',
} as const

const dockerLayers: ReadonlySet<string> = new Set([
  MediaType.dockerLayer,
  MediaType.dockerLayerGzip,
  MediaType.dockerLayerZstd,
  MediaType.dockerForeignLayer,
  MediaType.dockerForeignLayerGzip,
])

/** Splits `base+suffix+suffix` into the base and its suffixes in sorted order. */
export function splitMediaType(mediaType: string): { readonly base: string; readonly suffixes: readonly string[] } {
  const [base = '', ...suffixes] = mediaType.split('+')
  return { base, suffixes: suffixes.toSorted() }
}

export const isIndexType = (t: string): boolean => t === MediaType.ociIndex || t === MediaType.dockerManifestList
export const isManifestType = (t: string): boolean => t === MediaType.ociManifest || t === MediaType.dockerManifest
export const isConfigType = (t: string): boolean => t === MediaType.ociConfig || t === MediaType.dockerConfig
export const isDockerType = (t: string): boolean => t.startsWith('application/vnd.docker.')
export const isEncryptedType = (t: string): boolean => splitMediaType(t).suffixes.includes('encrypted')
export const isAttestationType = (t: string): boolean => t === MediaType.inToto

export function isLayerType(t: string): boolean {
  if (t.startsWith('application/vnd.oci.image.layer.') || t === MediaType.erofsLayer) return true
  return dockerLayers.has(splitMediaType(t).base)
}

/** Layers whose licence forbids passing them on. */
export const isNonDistributableType = (t: string): boolean =>
  t.startsWith('application/vnd.oci.image.layer.nondistributable.') ||
  t.startsWith('application/vnd.docker.image.rootfs.foreign.')

/** What a layer's media type says of its compression; the bytes decide which decoder is used. */
export type LayerCompression = 'none' | 'gzip' | 'zstd' | 'unknown'

/** @throws {UnimplementedError} not a media type of a layer */
export function layerCompression(mediaType: string): LayerCompression {
  const { base, suffixes } = splitMediaType(mediaType)
  if (dockerLayers.has(base)) {
    if (suffixes.length > 0) return 'none'
    if (base.endsWith('.gzip')) return 'gzip'
    return base.endsWith('.zstd') ? 'zstd' : 'unknown'
  }
  if (!base.startsWith('application/vnd.oci.image.layer.')) {
    throw new UnimplementedError(`layer media type "${mediaType}"`)
  }
  for (const suffix of suffixes.toReversed()) {
    if (suffix === 'gzip' || suffix === 'zstd') return suffix
  }
  return 'none'
}

/**
 * Compression by the first bytes of a stream: gzip's magic, a zstd frame, or a zstd skippable frame (which
 * needs 8 bytes). Anything else counts as uncompressed.
 */
export function sniffCompression(head: Uint8Array): 'none' | 'gzip' | 'zstd' {
  if (head.length >= 3 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 0x08) return 'gzip'
  if (head.length < 4) return 'none'
  const magic = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true)
  if (magic === 0xfd2fb528) return 'zstd'
  return head.length >= 8 && magic >>> 4 === 0x184d2a5 ? 'zstd' : 'none'
}

/** Prefix of the ingest reference and progress name of a blob, by its kind. */
export function refKeyPrefix(mediaType: string): string {
  if (isManifestType(mediaType)) return 'manifest-'
  if (isIndexType(mediaType)) return 'index-'
  if (isLayerType(mediaType)) return 'layer-'
  if (isConfigType(mediaType)) return 'config-'
  if (isAttestationType(mediaType)) return 'attestation-'
  return 'unknown-'
}
