// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ContentProvider, Image, Labels } from '@containerd-ts/core'
import { isNotFound } from '@containerd-ts/errdefs'
import { readBlob } from '@containerd-ts/images'
import {
  decodeIndex,
  decodeManifest,
  formatPlatform,
  isConfigType,
  isIndexType,
  isManifestType,
} from '@containerd-ts/oci'
import type { OciDescriptor } from '@containerd-ts/oci'
import { goTime } from './go-time.ts'

export interface ImageTreeOptions extends CallOptions {
  /** Also show labels of the image and the text of manifests and configs, boxed. */
  readonly documents: boolean
}

/** An image as a tree of descriptors, line by line. */
export async function* imageTree(
  content: ContentProvider,
  image: Image,
  options: ImageTreeOptions,
): AsyncGenerator<string> {
  yield image.name
  yield `│    Created: ${goTime(image.createdAt)}`
  yield `│    Updated: ${goTime(image.updatedAt)}`
  yield* labelLines(image.labels)
  yield* branch(content, image.target, { first: '└── ', rest: '    ' }, options)
}

function* labelLines(labels: Labels): Generator<string> {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (pairs.length === 0) return
  yield '│    ┌────────Labels─────────'
  for (const [key, value] of pairs) yield `│    │ ${JSON.stringify(key)}: ${JSON.stringify(value)}`
  yield '│    └───────────────────────'
}

interface Indent {
  readonly first: string
  readonly rest: string
}

async function* branch(
  content: ContentProvider,
  descriptor: OciDescriptor,
  { first, rest }: Indent,
  options: ImageTreeOptions,
): AsyncGenerator<string> {
  const { mediaType, digest, sizeBytes, platform } = descriptor
  yield `${first}${mediaType} @${digest} (${sizeBytes} bytes)`
  const isNode = isIndexType(mediaType) || isManifestType(mediaType)
  if (!isNode && !isConfigType(mediaType)) return
  let bytes: Uint8Array
  try {
    bytes = await readBlob(content, descriptor.digest, options)
  } catch (error) {
    if (!isNotFound(error)) throw error
    yield `${rest}    Content does not exist locally, skipping`
    return
  }
  const children = childrenOf(mediaType, bytes)
  const edge = children.length > 0 ? '│   ' : '    '
  if (platform !== undefined) yield `${rest}${edge}Platform: ${formatPlatform(platform)}`
  if (options.documents) yield* document(bytes, `${rest}${edge}`)
  for (const [index, child] of children.entries()) {
    const last = index === children.length - 1
    const indent = { first: `${rest}${last ? '└── ' : '├── '}`, rest: `${rest}${last ? '    ' : '│   '}` }
    yield* branch(content, child, indent, options)
  }
}

function childrenOf(mediaType: string, bytes: Uint8Array): readonly OciDescriptor[] {
  if (isIndexType(mediaType)) return decodeIndex(bytes).manifests
  if (!isManifestType(mediaType)) return []
  const { config, layers } = decodeManifest(bytes)
  return [config, ...layers]
}

function* document(bytes: Uint8Array, indent: string): Generator<string> {
  const text = JSON.stringify(JSON.parse(Buffer.from(bytes).toString()), undefined, 2)
  yield `${indent}┌────────Content────────`
  for (const line of text.split('\n')) yield `${indent}│${line}`
  yield `${indent}└───────────────────────`
}
