// SPDX-License-Identifier: Apache-2.0
export { Annotation } from './annotations.ts'
export { chainId, chainIds, digestBytes } from './chain-id.ts'
export { familiarName, fullName, normaliseName } from './familiar-name.ts'
export { decodeConfig, decodeDescriptor, decodeIndex, decodeManifest } from './image-decode.ts'
export { descriptorJson, encodeConfig, encodeIndex, encodeManifest } from './image-encode.ts'
export {
  isAttestationType,
  isConfigType,
  isDockerType,
  isEncryptedType,
  isIndexType,
  isLayerType,
  isManifestType,
  isNonDistributableType,
  layerCompression,
  MediaType,
  refKeyPrefix,
  sniffCompression,
  splitMediaType,
} from './media-types.ts'
export {
  formatPlatform,
  formatPlatformAll,
  hostArchitecture,
  hostOs,
  hostPlatform,
  normalisePlatform,
  parsePlatform,
} from './platform.ts'
export { allPlatforms, anyOf, hostMatcher, only, onlyStrict, ordered } from './platform-matcher.ts'
export { parsePullReference, parseReference } from './reference.ts'
export type { NormalisedName } from './familiar-name.ts'
export type {
  ImageConfig,
  ImageHistory,
  ImageIndex,
  ImageManifest,
  ImageRunConfig,
  OciDescriptor,
} from './image-types.ts'
export type { LayerCompression } from './media-types.ts'
export type { Platform } from './platform.ts'
export type { PlatformMatcher } from './platform-matcher.ts'
export type { Reference } from './reference.ts'
