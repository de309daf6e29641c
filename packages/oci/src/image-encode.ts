// SPDX-License-Identifier: Apache-2.0
import type { ImageConfig, ImageIndex, ImageManifest, OciDescriptor } from './image-types.ts'
import type { Platform } from './platform.ts'

/** JSON keeps the order of fields, so equal values have equal digests. */
const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

const list = <T>(values: readonly T[] | undefined): readonly T[] | undefined =>
  values === undefined || values.length === 0 ? undefined : values

const text = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

function sorted(map: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(map ?? {})
  return entries.length === 0 ? undefined : Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const platformJson = (platform: Platform): Readonly<Record<string, unknown>> => ({
  architecture: platform.architecture,
  os: platform.os,
  'os.version': text(platform.osVersion),
  'os.features': list(platform.osFeatures),
  variant: text(platform.variant),
})

/** A descriptor as its JSON object. */
export const descriptorJson = (descriptor: OciDescriptor): Readonly<Record<string, unknown>> => ({
  mediaType: descriptor.mediaType,
  digest: descriptor.digest,
  size: descriptor.sizeBytes,
  urls: list(descriptor.urls),
  annotations: sorted(descriptor.annotations),
  data: descriptor.data === undefined ? undefined : Buffer.from(descriptor.data).toString('base64'),
  platform: descriptor.platform === undefined ? undefined : platformJson(descriptor.platform),
  artifactType: text(descriptor.artifactType),
})

/** Bytes of a manifest. */
export const encodeManifest = (manifest: ImageManifest): Uint8Array =>
  toBytes({
    schemaVersion: 2,
    mediaType: manifest.mediaType,
    artifactType: text(manifest.artifactType),
    config: descriptorJson(manifest.config),
    layers: manifest.layers.map(descriptorJson),
    subject: manifest.subject === undefined ? undefined : descriptorJson(manifest.subject),
    annotations: sorted(manifest.annotations),
  })

/** Bytes of an index. */
export const encodeIndex = (index: ImageIndex): Uint8Array =>
  toBytes({
    schemaVersion: 2,
    mediaType: index.mediaType,
    artifactType: text(index.artifactType),
    manifests: index.manifests.map(descriptorJson),
    subject: index.subject === undefined ? undefined : descriptorJson(index.subject),
    annotations: sorted(index.annotations),
  })

const keySet = (keys: readonly string[]): Readonly<Record<string, object>> | undefined =>
  keys.length === 0 ? undefined : Object.fromEntries(keys.toSorted().map((key) => [key, {}]))

/** Bytes of an image config. */
export function encodeConfig(image: ImageConfig): Uint8Array {
  const { config } = image
  return toBytes({
    created: image.created,
    author: text(image.author),
    ...platformJson(image.platform),
    config: {
      User: text(config.user),
      ExposedPorts: keySet(config.exposedPorts),
      Env: list(config.env),
      Entrypoint: list(config.entrypoint),
      Cmd: list(config.cmd),
      Volumes: keySet(config.volumes),
      WorkingDir: text(config.workingDir),
      Labels: sorted(config.labels),
      StopSignal: text(config.stopSignal),
      ArgsEscaped: config.argsEscaped ? true : undefined,
    },
    rootfs: { type: 'layers', diff_ids: image.diffIds },
    history: list(
      image.history.map((entry) => ({
        created: entry.created,
        created_by: entry.createdBy,
        author: entry.author,
        comment: entry.comment,
        empty_layer: entry.emptyLayer,
      })),
    ),
  })
}
