// SPDX-License-Identifier: Apache-2.0
import { isDigest, parseDigest } from '@containerd-ts/core'
import type { Digest } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { ImageConfig, ImageHistory, ImageIndex, ImageManifest, OciDescriptor } from './image-types.ts'
import { isIndexType, isManifestType } from './media-types.ts'
import type { Platform } from './platform.ts'

type Json = Readonly<Record<string, unknown>>

function parseObject(bytes: Uint8Array, what: string): Json {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8').decode(bytes))
  } catch (cause) {
    throw new InvalidArgumentError(`${what} is not JSON`, { cause })
  }
  return asObject(value, what)
}

function asObject(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(`${what} is not an object`)
  }
  return value as Json
}

function asString(value: unknown, what: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new InvalidArgumentError(`${what} is not a string`)
  return value
}

function asList(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new InvalidArgumentError(`${what} is not a list`)
  return value
}

const asStrings = (value: unknown, what: string): readonly string[] =>
  asList(value, what).map((item) => asString(item, what))

function asStringMap(value: unknown, what: string): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined
  return Object.fromEntries(Object.entries(asObject(value, what)).map(([k, v]) => [k, asString(v, `${what} ${k}`)]))
}

function asDigest(value: unknown, what: string): Digest {
  const text = asString(value, what)
  if (!isDigest(text)) throw new InvalidArgumentError(`${what} "${text}" is not a digest`)
  return text
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { readonly [P in K]?: V })
}

function decodePlatform(value: unknown, what: string): Platform | undefined {
  if (value === undefined || value === null) return undefined
  const o = asObject(value, what)
  const features = asStrings(o['os.features'], `${what} os.features`)
  return {
    os: asString(o['os'], `${what} os`),
    architecture: asString(o['architecture'], `${what} architecture`),
    ...optional('variant', asString(o['variant'], `${what} variant`)),
    ...optional('osVersion', asString(o['os.version'], `${what} os.version`)),
    ...(features.length === 0 ? {} : { osFeatures: features }),
  }
}

/** @throws {InvalidArgumentError} */
export function decodeDescriptor(value: unknown, what = 'descriptor'): OciDescriptor {
  const o = asObject(value, what)
  const size = o['size'] ?? 0
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new InvalidArgumentError(`${what} size ${JSON.stringify(size)} is not a size`)
  }
  const urls = asStrings(o['urls'], `${what} urls`)
  const data = asString(o['data'], `${what} data`)
  return {
    mediaType: asString(o['mediaType'], `${what} media type`),
    digest: asDigest(o['digest'], `${what} digest`),
    sizeBytes: size,
    ...optional('annotations', asStringMap(o['annotations'], `${what} annotations`)),
    ...optional('platform', decodePlatform(o['platform'], `${what} platform`)),
    ...(urls.length === 0 ? {} : { urls }),
    ...(data === '' ? {} : { data: Buffer.from(data, 'base64') }),
    ...optional('artifactType', asString(o['artifactType'], `${what} artifact type`)),
  }
}

const present = (value: unknown): boolean => value !== undefined && value !== null

function checkKind(o: Json, kind: 'manifest' | 'index'): void {
  if (present(o['fsLayers'])) throw new InvalidArgumentError('media-type: schema 1 not supported')
  const mediaType = asString(o['mediaType'], `${kind} media type`)
  if (kind === 'manifest' && (present(o['manifests']) || isIndexType(mediaType))) {
    throw new InvalidArgumentError(`media-type: expected manifest but found index (${mediaType})`)
  }
  if (kind === 'index' && (present(o['config']) || present(o['layers']) || isManifestType(mediaType))) {
    throw new InvalidArgumentError(`media-type: expected index but found manifest (${mediaType})`)
  }
}

/** @throws {InvalidArgumentError} malformed, or an index in a manifest's clothes */
export function decodeManifest(bytes: Uint8Array): ImageManifest {
  const o = parseObject(bytes, 'manifest')
  checkKind(o, 'manifest')
  return {
    ...optional('mediaType', asString(o['mediaType'], 'manifest media type')),
    ...optional('artifactType', asString(o['artifactType'], 'manifest artifact type')),
    config: decodeDescriptor(o['config'], 'manifest config'),
    layers: asList(o['layers'], 'manifest layers').map((l, i) => decodeDescriptor(l, `manifest layer ${i}`)),
    ...(present(o['subject']) ? { subject: decodeDescriptor(o['subject'], 'manifest subject') } : {}),
    ...optional('annotations', asStringMap(o['annotations'], 'manifest annotations')),
  }
}

/** @throws {InvalidArgumentError} malformed, or a manifest in an index's clothes */
export function decodeIndex(bytes: Uint8Array): ImageIndex {
  const o = parseObject(bytes, 'index')
  checkKind(o, 'index')
  return {
    ...optional('mediaType', asString(o['mediaType'], 'index media type')),
    ...optional('artifactType', asString(o['artifactType'], 'index artifact type')),
    manifests: asList(o['manifests'], 'index manifests').map((m, i) => decodeDescriptor(m, `index entry ${i}`)),
    ...(present(o['subject']) ? { subject: decodeDescriptor(o['subject'], 'index subject') } : {}),
    ...optional('annotations', asStringMap(o['annotations'], 'index annotations')),
  }
}

const keysOf = (value: unknown, what: string): readonly string[] =>
  present(value) ? Object.keys(asObject(value, what)) : []

function decodeHistory(value: unknown): ImageHistory {
  const o = asObject(value, 'image history')
  return {
    ...optional('created', asString(o['created'], 'history created')),
    ...optional('createdBy', asString(o['created_by'], 'history created_by')),
    ...optional('author', asString(o['author'], 'history author')),
    ...optional('comment', asString(o['comment'], 'history comment')),
    ...(o['empty_layer'] === true ? { emptyLayer: true } : {}),
  }
}

/** @throws {InvalidArgumentError} */
export function decodeConfig(bytes: Uint8Array): ImageConfig {
  const o = parseObject(bytes, 'image config')
  const c = present(o['config']) ? asObject(o['config'], 'image config') : {}
  const rootfs = present(o['rootfs']) ? asObject(o['rootfs'], 'image rootfs') : {}
  return {
    ...optional('created', asString(o['created'], 'image created')),
    ...optional('author', asString(o['author'], 'image author')),
    platform: decodePlatform(o, 'image') ?? { os: '', architecture: '' },
    config: {
      user: asString(c['User'], 'image User'),
      env: asStrings(c['Env'], 'image Env'),
      entrypoint: asStrings(c['Entrypoint'], 'image Entrypoint'),
      cmd: asStrings(c['Cmd'], 'image Cmd'),
      workingDir: asString(c['WorkingDir'], 'image WorkingDir'),
      labels: asStringMap(c['Labels'], 'image Labels') ?? {},
      stopSignal: asString(c['StopSignal'], 'image StopSignal'),
      volumes: keysOf(c['Volumes'], 'image Volumes'),
      exposedPorts: keysOf(c['ExposedPorts'], 'image ExposedPorts'),
      argsEscaped: c['ArgsEscaped'] === true,
    },
    diffIds: asStrings(rootfs['diff_ids'], 'image diff_ids').map((id) => parseDigest(id)),
    history: asList(o['history'], 'image history').map(decodeHistory),
  }
}
