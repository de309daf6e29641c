// SPDX-License-Identifier: Apache-2.0
import type { Any } from '@bufbuild/protobuf/wkt'
import { unpackMessage } from '@containerd-ts/api'
import { loadSchema } from '@containerd-ts/api/registry'
import { ImageStoreSchema } from '@containerd-ts/api/types/transfer/imagestore_pb'
import type { ImageStore } from '@containerd-ts/api/types/transfer/imagestore_pb'
import { ImageExportStreamSchema, ImageImportStreamSchema } from '@containerd-ts/api/types/transfer/importexport_pb'
import { HTTPDebug, OCIRegistrySchema } from '@containerd-ts/api/types/transfer/registry_pb'
import type { OCIRegistry } from '@containerd-ts/api/types/transfer/registry_pb'
import type { Platform as PlatformMessage } from '@containerd-ts/api/types/platform_pb'
import type { CallOptions, ImageStoreEnd, MessageStream, Platform, RegistryEnd, TransferEnd } from '@containerd-ts/core'
import { UnimplementedError } from '@containerd-ts/errdefs'
import { receivedBytes, StreamSink } from '@containerd-ts/wire/byte-stream'
import { streamCredentials } from './transfer-credentials.ts'

/** What decoding one end needs. Streams that it opens are closed with `owned`. */
export interface EndContext {
  readonly stream: (id: string) => MessageStream
  readonly owned: AsyncDisposableStack
  readonly options: CallOptions
}

/**
 * One end of a transfer, with the streams it names.
 * @throws {UnknownError} a type nobody knows, the original's code for it @throws {UnimplementedError} no end of a transfer
 * @throws {NotFoundError} no such stream
 */
export async function fromTransferEnd(any: Any, context: EndContext): Promise<TransferEnd> {
  const registry = unpackMessage(OCIRegistrySchema, any)
  if (registry !== undefined) return registryEnd(registry, context)
  const store = unpackMessage(ImageStoreSchema, any)
  if (store !== undefined) return storeEnd(store)
  const source = unpackMessage(ImageImportStreamSchema, any)
  if (source !== undefined) {
    const { mediaType, forceCompress } = source
    const bytes = receivedBytes(open(source.stream, context), context.options)
    return { kind: 'import-stream', mediaType, forceCompress, bytes }
  }
  const sink = unpackMessage(ImageExportStreamSchema, any)
  if (sink !== undefined) {
    const { mediaType, allPlatforms, skipCompatibilityManifest, skipNonDistributable } = sink
    return {
      kind: 'export-stream',
      mediaType,
      platforms: sink.platforms.map(fromPlatform),
      allPlatforms,
      skipCompatibilityManifest,
      skipNonDistributable,
      sink: new StreamSink(open(sink.stream, context)),
    }
  }
  await loadSchema(any.typeUrl)
  throw new UnimplementedError(`transfer of ${any.typeUrl}`)
}

function open(id: string, { stream, owned }: EndContext): MessageStream {
  return owned.adopt(stream(id), (opened) => opened.close())
}

function registryEnd({ reference, resolver }: OCIRegistry, context: EndContext): RegistryEnd {
  if (resolver === undefined) return { kind: 'registry', reference, access: {} }
  const { authStream, headers, hostDir, defaultScheme, logsStream } = resolver
  const logged = resolver.httpDebug !== HTTPDebug.DISABLED && logsStream !== ''
  return {
    kind: 'registry',
    reference,
    access: {
      headers,
      hostDir: hostDir === '' ? undefined : hostDir,
      defaultScheme: defaultScheme === 'http' || defaultScheme === 'https' ? defaultScheme : undefined,
      ...(authStream === ''
        ? {}
        : { credentials: streamCredentials(open(authStream, context), reference, context.options) }),
      ...(logged ? { httpLog: new StreamSink(open(logsStream, context)) } : {}),
    },
  }
}

const storeEnd = (store: ImageStore): ImageStoreEnd => ({
  kind: 'image-store',
  name: store.name,
  labels: store.labels,
  platforms: store.platforms.map(fromPlatform),
  allMetadata: store.allMetadata,
  manifestLimit: store.manifestLimit,
  extraReferences: store.extraReferences.map(({ name, isPrefix, allowOverwrite, addDigest, skipNamedDigest }) => ({
    name,
    isPrefix,
    allowOverwrite,
    addDigest,
    skipNamedDigest,
  })),
  unpacks: store.unpacks.map(({ platform, snapshotter }) => ({
    platform: platform === undefined ? { os: '', architecture: '' } : fromPlatform(platform),
    snapshotter,
  })),
})

const fromPlatform = ({ os, architecture, variant, osVersion, osFeatures }: PlatformMessage): Platform => ({
  os,
  architecture,
  ...(variant === '' ? {} : { variant }),
  ...(osVersion === '' ? {} : { osVersion }),
  ...(osFeatures.length === 0 ? {} : { osFeatures }),
})
