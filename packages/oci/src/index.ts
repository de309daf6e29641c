// SPDX-License-Identifier: Apache-2.0
export { Annotation } from './annotations.ts'
export { chainId, chainIds, digestBytes } from './chain-id.ts'
export { containerRootfs, containerSpec } from './container-rootfs.ts'
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
export { allCapabilityNames, capabilitiesOfMask, defaultCapabilities, effectiveCapabilities } from './capabilities.ts'
export { defaultMounts, defaultSpec, runtimeSpecVersion } from './default-spec.ts'
export { defaultSeccomp, withDefaultSeccomp, withoutSeccomp, withSeccomp } from './seccomp.ts'
export { parseSignal } from './signals.ts'
export { applyOptions, buildSpec, compose, linuxOf, processOf, resourcesOf } from './spec-builder.ts'
export {
  withAddedCapabilities,
  withAllKnownCapabilities,
  withAmbientCapabilities,
  withCapabilities,
  withCurrentCapabilities,
  withDroppedCapabilities,
  withPrivileged,
  withPrivilegedDevices,
} from './spec-options/capabilities.ts'
export { withAllDevicesAllowed, withDefaultUnixDevices, withDevice, withHostDevices } from './spec-options/devices.ts'
export {
  parseMountFlag,
  withHostHostsFile,
  withHostLocaltime,
  withHostResolvConf,
  withMounts,
  withoutMounts,
  withReadonlyRoot,
  withReplacedMounts,
  withRootfsPropagation,
  withRootPath,
  withWritableCgroupfs,
  withWritableSysfs,
} from './spec-options/mounts.ts'
export {
  withAnnotations,
  withHostname,
  withHostnameEnv,
  withHostNamespace,
  withNamespace,
  withUserNamespace,
} from './spec-options/namespaces.ts'
export {
  defaultPath,
  mergeEnv,
  withApparmorProfile,
  withArgs,
  withCwd,
  withEnv,
  withEnvFile,
  withImageProcess,
  withNewPrivileges,
  withNoNewPrivileges,
  withOomScoreAdj,
  withRlimit,
  withSelinuxLabel,
  withTty,
  withTtySize,
} from './spec-options/process.ts'
export {
  withCgroup,
  withCpuQuota,
  withCpus,
  withCpusetCpus,
  withCpusetMems,
  withCpuShares,
  withHugepageLimits,
  withMemoryLimit,
  withMemorySwap,
  withPidsLimit,
  withRdtClass,
  withSysctl,
} from './spec-options/resources.ts'
export { withAdditionalGids, withAppendedGroups, withImageConfig, withUidGid, withUser } from './spec-options/user.ts'
export { parseGroup, parsePasswd, UserDatabase } from './user-database.ts'
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
export type { DefaultSpecRequest } from './default-spec.ts'
export type * from './runtime-spec.ts'
export type { SeccompRequest } from './seccomp.ts'
export type { SpecOption } from './spec-builder.ts'
export type { GroupEntry, PasswdEntry, RootFileReader } from './user-database.ts'
