// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream'
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { UnimplementedError } from '@containerd-ts/errdefs'

/** Undoes `Content-Encoding`, last applied first. @throws {UnimplementedError} an encoding that was not asked for */
export function decodeContent(body: AsyncIterable<Uint8Array>, encoding: string): AsyncIterable<Uint8Array> {
  const names = encoding
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
  return names.reverse().reduce(decodeOne, body)
}

function decodeOne(body: AsyncIterable<Uint8Array>, encoding: string): AsyncIterable<Uint8Array> {
  const decoder =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'zstd'
        ? createZstdDecompress()
        : encoding === 'deflate'
          ? createInflate()
          : undefined
  if (decoder === undefined) throw new UnimplementedError(`content encoding "${encoding}"`)
  const source = Readable.from(body, { objectMode: false })
  source.on('error', (error) => decoder.destroy(error))
  decoder.on('close', () => source.destroy())
  return source.pipe(decoder) as AsyncIterable<Uint8Array>
}
