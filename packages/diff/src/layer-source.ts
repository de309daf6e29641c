// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream'
import type { BlobReader, ContentProvider, Descriptor, TypedAny } from '@containerd-ts/core'
import { layerCompression, type LayerCompression } from './compression.ts'
import { runProcessor, type RunningProcessor, type StreamProcessor } from './stream-processor.ts'

/** The bytes of a layer as the worker gets them. */
export interface LayerSource extends AsyncDisposable {
  readonly compression: LayerCompression
  readonly path: string | undefined
  readonly sizeBytes: number | undefined
  /** Ascending and without gaps. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** Whether the programs in the way ended well; call once everything was read. */
  finished(): Promise<void>
}

export interface OpenLayerOptions {
  readonly processors: readonly StreamProcessor[]
  readonly payloads: Readonly<Record<string, TypedAny>>
  readonly signal: AbortSignal | undefined
}

const pieceBytes = 1 << 20

/**
 * Opens a layer, through stream processors where its media type needs them.
 * @throws {UnimplementedError} nothing here reads that media type @throws {NotFoundError} no such blob
 */
export async function openLayer(
  layer: Descriptor,
  content: ContentProvider,
  options: OpenLayerOptions,
): Promise<LayerSource> {
  const { chain, mediaType } = plan(layer.mediaType, options.processors)
  const compression = layerCompression(mediaType)
  await using undo = new AsyncDisposableStack()
  const reader = undo.use(await content.open(layer.digest, { signal: options.signal }))
  if (chain.length === 0) {
    const owned = undo.move()
    return {
      compression,
      path: reader.path,
      sizeBytes: reader.sizeBytes,
      read: (offset, length) => reader.read(offset, length),
      finished: async () => {},
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    }
  }
  const running: RunningProcessor[] = []
  let stream = Readable.from(pieces(reader), { objectMode: false })
  for (const { processor, accepts } of chain) {
    const step = undo.use(runProcessor(processor, accepts, stream, options.payloads[processor.id]))
    running.push(step)
    stream = step.output
  }
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const owned = undo.move()
  return {
    compression,
    path: undefined,
    sizeBytes: undefined,
    read: async () => {
      const next = await iterator.next()
      if (next.done !== true) return next.value
      await Promise.all(running.map((step) => step.done()))
      return new Uint8Array(0)
    },
    finished: async () => void (await Promise.all(running.map((step) => step.done()))),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

interface Step {
  readonly processor: StreamProcessor
  readonly accepts: string
}

/** The processors to run, in order, and the media type they end in. The newest that fits wins; each runs once. */
function plan(
  mediaType: string,
  processors: readonly StreamProcessor[],
): { readonly chain: readonly Step[]; readonly mediaType: string } {
  const chain: Step[] = []
  let current = mediaType
  for (;;) {
    const processor = processors.findLast(
      (p) => p.accepts.includes(current) && !chain.some((step) => step.processor === p),
    )
    if (processor === undefined) return { chain, mediaType: current }
    chain.push({ processor, accepts: current })
    current = processor.returns
  }
}

async function* pieces(reader: BlobReader): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < reader.sizeBytes;) {
    const piece = await reader.read(offset, pieceBytes)
    if (piece.length === 0) return
    offset += piece.length
    yield piece
  }
}
