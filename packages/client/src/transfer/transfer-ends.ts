// SPDX-License-Identifier: Apache-2.0
import type { Any } from '@bufbuild/protobuf/wkt'
import { packMessage, unpackMessage } from '@containerd-ts/api'
import { ImageStoreSchema } from '@containerd-ts/api/types/transfer/imagestore_pb'
import { ImageExportStreamSchema, ImageImportStreamSchema } from '@containerd-ts/api/types/transfer/importexport_pb'
import {
  AuthRequestSchema,
  AuthResponseSchema,
  AuthType,
  HTTPDebug,
  OCIRegistrySchema,
} from '@containerd-ts/api/types/transfer/registry_pb'
import type {
  ByteSink,
  CallOptions,
  ExportStreamEnd,
  ImageStoreEnd,
  ImportStreamEnd,
  MessageStream,
  Platform,
  RegistryAccess,
  RegistryCredentials,
  RegistryEnd,
  TransferEnd,
} from '@containerd-ts/core'
import { InvalidArgumentError, isUnavailable } from '@containerd-ts/errdefs'
import { untilAborted } from '@containerd-ts/lifecycle'
import { toAny } from '@containerd-ts/wire'
import { receivedBytes, StreamSink } from '@containerd-ts/wire/byte-stream'
import type { TransferStreams } from './transfer-streams.ts'

/** One end of a transfer for the wire. Its streams are open, and work on them has begun. */
export function toTransferEnd(end: TransferEnd, streams: TransferStreams): Promise<Any> {
  switch (end.kind) {
    case 'registry':
      return registry(end, streams)
    case 'image-store':
      return Promise.resolve(imageStore(end))
    case 'import-stream':
      return importStream(end, streams)
    case 'export-stream':
      return exportStream(end, streams)
  }
}

async function registry({ reference, access }: RegistryEnd, streams: TransferStreams): Promise<Any> {
  const { credentials, httpLog, headers = {}, hostDir = '', defaultScheme = '' } = access
  const authStream =
    credentials === undefined
      ? ''
      : await streams.open('creds', (stream, options) => answerQuestions(stream, credentials, options))
  const logsStream =
    httpLog === undefined
      ? ''
      : await streams.open('http-debug-logs', (stream, options) => drainInto(stream, httpLog, options))
  const httpDebug = httpLog === undefined ? HTTPDebug.DISABLED : HTTPDebug.DEBUG
  const resolver = { authStream, logsStream, httpDebug, headers: { ...headers }, hostDir, defaultScheme }
  return packMessage(OCIRegistrySchema, { reference, resolver })
}

async function answerQuestions(
  stream: MessageStream,
  credentials: NonNullable<RegistryAccess['credentials']>,
  options: CallOptions,
): Promise<void> {
  for (;;) {
    const message = await stream.receive(options)
    if (message === undefined) return
    const question = unpackMessage(AuthRequestSchema, toAny(message))
    if (question === undefined) throw new InvalidArgumentError(`unexpected ${message.typeUrl} about credentials`)
    const answer = await credentials(question.host, question.wwwauthenticate[0] ?? '', options)
    await stream.send(packMessage(AuthResponseSchema, authResponse(answer)), options)
  }
}

function authResponse(credentials: RegistryCredentials | undefined) {
  const { username = '', secret = '', header } = credentials ?? {}
  if (header !== undefined) return { authType: AuthType.HEADER, secret: header }
  if (secret === '' && username === '') return { authType: AuthType.NONE }
  return { authType: username === '' ? AuthType.REFRESH : AuthType.CREDENTIALS, username, secret }
}

const imageStore = (end: ImageStoreEnd): Any =>
  packMessage(ImageStoreSchema, {
    name: end.name,
    labels: { ...end.labels },
    platforms: end.platforms.map(toPlatform),
    allMetadata: end.allMetadata,
    manifestLimit: end.manifestLimit,
    extraReferences: end.extraReferences.map((reference) => ({ ...reference })),
    unpacks: end.unpacks.map(({ platform, snapshotter }) => ({ platform: toPlatform(platform), snapshotter })),
  })

async function importStream(
  { mediaType, forceCompress, bytes }: ImportStreamEnd,
  streams: TransferStreams,
): Promise<Any> {
  const stream = await streams.open('import', (opened, options) => sendAll(opened, bytes, options))
  return packMessage(ImageImportStreamSchema, { stream, mediaType, forceCompress })
}

/** A daemon that takes no more has its reason, which its answer tells; one that got all it needs may leave a rest. */
async function sendAll(stream: MessageStream, bytes: AsyncIterable<Uint8Array>, options: CallOptions): Promise<void> {
  await using sink = new StreamSink(stream)
  for await (const chunk of abortable(bytes, options.signal)) {
    try {
      await sink.write(chunk, options)
    } catch (error) {
      if (isUnavailable(error)) return
      throw error
    }
  }
}

/** A source that is silent, such as a terminal, holds nobody up: an abort leaves it as it is. */
async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await untilAborted(iterator.next(), signal)
      if (next.done === true) return
      yield next.value
    }
  } finally {
    if (signal?.aborted !== true) await iterator.return?.()
  }
}

async function exportStream(end: ExportStreamEnd, streams: TransferStreams): Promise<Any> {
  const { mediaType, platforms, allPlatforms, skipCompatibilityManifest, skipNonDistributable, sink } = end
  const stream = await streams.open('export', (opened, options) => drainInto(opened, sink, options))
  return packMessage(ImageExportStreamSchema, {
    stream,
    mediaType,
    platforms: platforms.map(toPlatform),
    allPlatforms,
    skipCompatibilityManifest,
    skipNonDistributable,
  })
}

async function drainInto(stream: MessageStream, sink: ByteSink, options: CallOptions): Promise<void> {
  for await (const chunk of receivedBytes(stream, options)) await sink.write(chunk, options)
}

const toPlatform = ({ os, architecture, variant = '', osVersion = '', osFeatures = [] }: Platform) => ({
  os,
  architecture,
  variant,
  osVersion,
  osFeatures: [...osFeatures],
})
