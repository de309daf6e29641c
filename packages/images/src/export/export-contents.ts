// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentStore } from '@containerd-ts/core'
import { digestAlgorithm, digestHex, LabelKey } from '@containerd-ts/core'
import { InvalidArgumentError, isNotFound, NotFoundError } from '@containerd-ts/errdefs'
import {
  allPlatforms,
  Annotation,
  encodeIndex,
  familiarName,
  isIndexType,
  isManifestType,
  isNonDistributableType,
  MediaType,
  normaliseName,
} from '@containerd-ts/oci'
import type { ImageManifest, OciDescriptor } from '@containerd-ts/oci'
import { childrenOf, filterPlatforms } from '../handlers.ts'
import type { ChildrenHandler } from '../handlers.ts'
import { selectManifest } from '../image-info.ts'
import type { ExportEntry, ExportItem, ExportOptions } from './export-archive.ts'

const blobPath = ({ digest }: OciDescriptor): string => `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`

interface DockerImage {
  readonly manifest: ImageManifest
  readonly repoTags: string[]
}

/** Finds out what an archive of these images holds: entries in byte order of their names, each once. */
export async function collectExport(
  content: ContentStore,
  items: readonly ExportItem[],
  options: ExportOptions,
): Promise<readonly ExportEntry[]> {
  const entries = new Map<string, ExportEntry>()
  const roots: OciDescriptor[] = []
  const docker = new Map<string, DockerImage>()
  const children = exportChildren(content, options)
  for (const { target, names } of items) {
    if (!isIndexType(target.mediaType) && !isManifestType(target.mediaType)) {
      throw new InvalidArgumentError(`only manifests may be exported, not ${target.mediaType}`)
    }
    for (const descriptor of await treeOf(target, children)) {
      entries.set(blobPath(descriptor), { kind: 'blob', name: blobPath(descriptor), descriptor })
    }
    roots.push(...(await rootEntries(content, target, names, options)))
    if (options.skipDockerManifest !== true) await addDockerImage(docker, content, target, names, options)
  }
  const algorithms = new Set([...entries.values()].map(({ name }) => name.split('/')[1] as string))
  const directories = entries.size === 0 ? [] : ['blobs/', ...[...algorithms].map((algorithm) => `blobs/${algorithm}/`)]
  for (const name of directories) entries.set(name, { kind: 'directory', name })
  const index = encodeIndex({ mediaType: MediaType.ociIndex, manifests: roots })
  const layout = Buffer.from(JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  entries.set('index.json', { kind: 'file', name: 'index.json', mode: 0o644, bytes: index })
  entries.set('oci-layout', { kind: 'file', name: 'oci-layout', mode: 0o444, bytes: layout })
  if (docker.size > 0) {
    const bytes = Buffer.from(JSON.stringify([...docker.values()].map(dockerJson)))
    entries.set('manifest.json', { kind: 'file', name: 'manifest.json', mode: 0o644, bytes })
  }
  return [...entries.values()].toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
}

function exportChildren(content: ContentStore, options: ExportOptions): ChildrenHandler {
  const { platforms, skipMissing, skipNonDistributable } = options
  const all = childrenOf(content, options)
  const matching = filterPlatforms(all, platforms ?? allPlatforms)
  return async (descriptor) => {
    let children = await matching(descriptor)
    if (platforms !== undefined && isIndexType(descriptor.mediaType) && children.length === 0) {
      throw new NotFoundError(`no match for platform in manifest ${descriptor.digest}`)
    }
    if (skipNonDistributable === true) children = children.filter((child) => !isNonDistributableType(child.mediaType))
    const complete = skipMissing !== true || (await allPresent(content, children, options))
    if (complete) return children
    return isIndexType(descriptor.mediaType) ? presentOnly(content, children, options) : []
  }
}

async function presentOnly(
  content: ContentStore,
  descriptors: readonly OciDescriptor[],
  options: CallOptions,
): Promise<readonly OciDescriptor[]> {
  const present: OciDescriptor[] = []
  for (const descriptor of descriptors) {
    if (await allPresent(content, [descriptor], options)) present.push(descriptor)
  }
  return present
}

async function allPresent(
  content: ContentStore,
  descriptors: readonly OciDescriptor[],
  options: CallOptions,
): Promise<boolean> {
  for (const { digest } of descriptors) {
    try {
      await content.info(digest, { signal: options.signal })
    } catch (error) {
      if (isNotFound(error)) return false
      throw error
    }
  }
  return true
}

async function treeOf(root: OciDescriptor, children: ChildrenHandler): Promise<readonly OciDescriptor[]> {
  const found = new Map<string, OciDescriptor>()
  const visit = async (descriptor: OciDescriptor): Promise<void> => {
    if (found.has(descriptor.digest)) return
    found.set(descriptor.digest, descriptor)
    for (const child of await children(descriptor)) await visit(child)
  }
  await visit(root)
  return [...found.values()]
}

/** Index entries of a target: one per name, or one without. Sources of its blob become annotations. */
async function rootEntries(
  content: ContentStore,
  target: OciDescriptor,
  names: readonly string[],
  options: CallOptions,
): Promise<readonly OciDescriptor[]> {
  const { labels } = await content.info(target.digest, { signal: options.signal })
  const sources = Object.entries(labels).filter(([key]) => key.startsWith(`${LabelKey.distributionSource}.`))
  const base = { ...target.annotations, ...Object.fromEntries(sources) }
  const named = names.map((name) => ({ ...base, [Annotation.imageName]: name, [Annotation.refName]: tagOrName(name) }))
  return (named.length === 0 ? [base] : named).map((annotations) => ({ ...target, annotations }))
}

function tagOrName(name: string): string {
  try {
    return normaliseName(name).tag ?? name
  } catch {
    return name
  }
}

async function addDockerImage(
  images: Map<string, DockerImage>,
  content: ContentStore,
  target: OciDescriptor,
  names: readonly string[],
  options: ExportOptions,
): Promise<void> {
  const { descriptor, manifest } = await selectManifest(content, target, options.platforms ?? allPlatforms, options)
  const image = images.get(descriptor.digest) ?? { manifest, repoTags: [] }
  images.set(descriptor.digest, image)
  for (const name of names) image.repoTags.push(repoTag(name))
}

function repoTag(name: string): string {
  try {
    const parsed = normaliseName(name)
    return familiarName(parsed.tag === undefined && parsed.digest === undefined ? { ...parsed, tag: 'latest' } : parsed)
  } catch {
    return name
  }
}

const dockerJson = ({ manifest, repoTags }: DockerImage): object => ({
  Config: blobPath(manifest.config),
  RepoTags: repoTags,
  Layers: manifest.layers.map(blobPath),
})
