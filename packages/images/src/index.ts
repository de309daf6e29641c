// SPDX-License-Identifier: Apache-2.0
export { addLabels, childLabel, childLabels, childLabelWithoutLayers, referrerLabel } from './gc-labels.ts'
export {
  childrenOf,
  filterLayersByPlatform,
  filterPlatforms,
  limitManifests,
  sortByPlatform,
  walk,
} from './handlers.ts'
export { bareDescriptor, storeImage, tagImage } from './image-record.ts'
export { expireLabel, withLease } from './lease.ts'
export { ProgressReporter } from './progress.ts'
export { fetchImage, pullImage } from './pull.ts'
export { blobBytes, readBlob, readConfig, readIndex, readManifest } from './read-blob.ts'
export { addSourceLabel, mountSource, sourceLabelKey, sourceLabels } from './source-label.ts'
export { unpackLayers } from './unpack.ts'
export { buildContent, buildImage } from './build-image.ts'
export { exportArchive } from './export/export-archive.ts'
export { addRefPrefix, filterRefPrefix, importedName } from './import/image-names.ts'
export { importArchive, tieTree } from './import/import-images.ts'
export { importIndex } from './import/import-index.ts'
export { checkImage, imageDescriptors, imageDetails, imagePlatforms, imageSize, selectManifest } from './image-info.ts'
export { pushImage } from './push.ts'
export { isUnpacked, unpackImage } from './unpack-image.ts'
export { imageUsage } from './usage.ts'
export { writeBlob, writeDocument } from './write-blob.ts'
export type { ChildrenHandler } from './handlers.ts'
export type { LabelPrefix } from './gc-labels.ts'
export type { OnProgress, Progress, ProgressEvent } from './progress.ts'
export type { FetchScope, UnpackPlan } from './fetch-scope.ts'
export type { PullOptions, PullStores } from './pull.ts'
export type { UnpackRequest, UnpackTarget } from './unpack.ts'
export type { BuildRequest } from './build-image.ts'
export type { ExportItem, ExportOptions } from './export/export-archive.ts'
export type { NameTranslator } from './import/image-names.ts'
export type { ImportOptions } from './import/import-images.ts'
export type { ImportIndexOptions } from './import/import-index.ts'
export type { ImageCheck, ImageDetails, SelectedManifest } from './image-info.ts'
export type { PushImageOptions } from './push.ts'
export type { UnpackImageOptions } from './unpack-image.ts'
export type { UsageOptions } from './usage.ts'
export type { WriteBlobOptions } from './write-blob.ts'
