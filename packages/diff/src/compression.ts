// SPDX-License-Identifier: Apache-2.0
import { Readable, type Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { DataLossError, UnimplementedError } from '@containerd-ts/errdefs'
import { ZstdFrameSplitter, type FramePiece } from './zstd-frames.ts'

/** Whether the bytes of a layer are to be looked at for compression, or taken as they are. */
export type LayerCompression = 'detect' | 'none'

const dockerLayer = 'application/vnd.docker.image.rootfs.diff.tar'
const dockerForeign = 'application/vnd.docker.image.rootfs.foreign.diff.tar'
const dockerTypes: ReadonlySet<string> = new Set([
  dockerLayer,
  `${dockerLayer}.gzip`,
  `${dockerLayer}.zstd`,
  dockerForeign,
  `${dockerForeign}.gzip`,
  `${dockerForeign}.zstd`,
])
const ociTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.nondistributable.v1.tar',
])

/**
 * What a layer's media type says. Docker's types are known to lie, so their bytes decide.
 * @throws {UnimplementedError} not a layer this package reads
 */
export function layerCompression(mediaType: string): LayerCompression {
  const [base = '', ...suffixes] = mediaType.split('+')
  if (dockerTypes.has(base)) return suffixes.length > 0 ? 'none' : 'detect'
  if (!ociTypes.has(base)) throw new UnimplementedError(`layer of media type ${mediaType}`)
  const last = suffixes.sort().at(-1)
  return last === 'gzip' || last === 'zstd' ? 'detect' : 'none'
}

/** Bytes inflated at a time: large enough that a chunk's overhead does not count. */
const chunkBytes = 1 << 20
const readAheadBytes = 4 << 20

/** What the first bytes of a stream show. */
export function detectCompression(head: Buffer): 'gzip' | 'zstd' | 'none' {
  if (head.length >= 3 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 0x08) return 'gzip'
  if (head.length < 4) return 'none'
  const magic = head.readUInt32LE(0)
  const skippable = (magic & 0xfffffff0) >>> 0 === 0x184d2a50 && head.length >= 8
  return magic === 0xfd2fb528 || skippable ? 'zstd' : 'none'
}

/**
 * Decompresses by magic bytes; a stream that shows none is passed through. The decoder works in the thread pool while
 * the consumer handles the chunk before.
 * @throws {DataLossError} the compressed stream is damaged or cut short
 */
export async function* decompress(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = source[Symbol.asyncIterator]()
  const head: Buffer[] = []
  let size = 0
  for (let next; size < 10 && !(next = await iterator.next()).done; size += next.value.length) head.push(next.value)
  const rest: AsyncIterable<Buffer> = { [Symbol.asyncIterator]: () => iterator }
  const whole = prepend(Buffer.concat(head), rest)
  const kind = detectCompression(Buffer.concat(head))
  if (kind === 'none') yield* whole
  else if (kind === 'gzip') yield* through(whole, createGunzip(streamOptions))
  else yield* unzstd(whole)
}

const streamOptions = { chunkSize: chunkBytes, highWaterMark: readAheadBytes }

/** One decoder per frame: it would stop after the first. */
async function* unzstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const pieces = framePieces(source)
  for (;;) {
    const first = await pieces.next()
    if (first.done === true) return
    const frame = async function* (): AsyncGenerator<Buffer> {
      yield first.value.bytes
      for (let next; !(next = await pieces.next()).done && !next.value.last;) yield next.value.bytes
    }
    yield* through(frame(), createZstdDecompress(streamOptions))
  }
}

async function* framePieces(source: AsyncIterable<Buffer>): AsyncGenerator<FramePiece> {
  const splitter = new ZstdFrameSplitter()
  for await (const chunk of source) yield* splitter.push(chunk)
  splitter.end()
}

async function* prepend(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head
  yield* rest
}

async function* through(source: AsyncIterable<Buffer>, decoder: Transform): AsyncGenerator<Buffer> {
  const input = Readable.from(source, { objectMode: false, highWaterMark: 2 * chunkBytes })
  let sourceFailure: { readonly error: Error } | undefined
  input.once('error', (error) => {
    sourceFailure = { error }
    decoder.destroy(error)
  })
  input.pipe(decoder)
  try {
    for await (const chunk of decoder) yield chunk as Buffer
  } catch (cause) {
    if (sourceFailure !== undefined) throw sourceFailure.error
    throw new DataLossError('compressed layer is damaged', { cause })
  } finally {
    input.destroy()
    decoder.destroy()
  }
}
