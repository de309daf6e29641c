// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path'
import type { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { sniffCompression } from '@containerd-ts/oci'
import { extract } from 'tar-stream'
import type { Extract } from 'tar-stream'
import { drained } from '@containerd-ts/lifecycle'
import { ByteSource } from './byte-source.ts'

export interface ArchiveEntry {
  /** Cleaned: relative, without `.` and `..`. */
  readonly name: string
  readonly type: string
  readonly sizeBytes: number
  /** Target of a link, as written. */
  readonly linkName: string
  readonly bytes: AsyncIterable<Uint8Array>
}

/** What tells the compression. */
const sniffedBytes = 10

/** Entries of a tar that may be compressed with gzip or zstd. Bytes not read are skipped. */
export async function* archiveEntries(
  bytes: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncIterable<ArchiveEntry> {
  await using source = new ByteSource(bytes)
  const head = await source.peek(sniffedBytes)
  const parser = extract()
  const input = decompressed(source.readable(), sniffCompression(head))
  const pumping = pump(input, parser, signal)
  // The parser carries every failure to the loop below; here it only must not be unhandled.
  pumping.catch((error: Error) => parser.destroy(error))
  try {
    for await (const entry of parser) {
      const { header } = entry
      yield {
        name: cleanName(header.name),
        type: header.type ?? 'file',
        sizeBytes: header.size ?? 0,
        linkName: header.linkname ?? '',
        bytes: bytesOf(entry as AsyncIterable<Uint8Array>, signal),
      }
      entry.resume()
    }
    await pumping
  } catch (error) {
    throw told(error, signal)
  } finally {
    input.destroy()
    parser.destroy(undefined)
    await pumping.catch(() => {})
  }
}

async function* bytesOf(entry: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  try {
    yield* entry
  } catch (error) {
    throw told(error, signal)
  }
}

/** What a failed stream is told as: the abort that caused it, a damaged archive, or itself. */
function told(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason
  const damaged = error instanceof Error && isFormatError(error)
  return damaged ? new InvalidArgumentError('archive is damaged', { cause: error }) : error
}

function decompressed(input: Readable, kind: 'none' | 'gzip' | 'zstd'): Readable {
  if (kind === 'none') return input
  const decoder = kind === 'gzip' ? createGunzip() : createZstdDecompress()
  input.on('error', (error) => decoder.destroy(error))
  decoder.on('close', () => input.destroy())
  input.pipe(decoder)
  return decoder
}

/** tar-stream's streams are not Node's: they are written to by hand, with their back-pressure. */
async function pump(input: Readable, parser: Extract, signal: AbortSignal | undefined): Promise<void> {
  for await (const chunk of input as AsyncIterable<Uint8Array>) {
    signal?.throwIfAborted()
    if (parser.destroyed) return
    if (!parser.write(chunk)) await drained(parser)
  }
  parser.end(undefined)
}

const isFormatError = (error: Error & { readonly code?: unknown }): boolean =>
  typeof error.code !== 'number' &&
  (/^(Z_|ZSTD_)/.test(String(error.code)) || /tar header|end of (?:data|file)|Invalid/i.test(error.message))

const cleanName = (name: string): string => posix.normalize(`/${name}`).slice(1).replace(/\/$/, '')
