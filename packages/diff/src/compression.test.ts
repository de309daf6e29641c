// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { Code, codeOf } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { decompress, detectCompression, layerCompression } from './compression.ts'

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of source) pieces.push(piece)
  return Buffer.concat(pieces)
}

const skippable = (text: string): Buffer =>
  Buffer.concat([Buffer.from('5a2a4d18', 'hex'), Buffer.from([text.length, 0, 0, 0]), Buffer.from(text)])

describe('layerCompression', () => {
  it.each([
    ['application/vnd.docker.image.rootfs.diff.tar', 'detect'],
    ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'detect'],
    ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'detect'],
    ['application/vnd.docker.image.rootfs.diff.tar+other', 'none'],
    ['application/vnd.oci.image.layer.v1.tar', 'none'],
    ['application/vnd.oci.image.layer.v1.tar+gzip', 'detect'],
    ['application/vnd.oci.image.layer.v1.tar+gzip+encrypted', 'detect'],
    ['application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', 'detect'],
  ])('reads %s', (mediaType, expected) => {
    expect(layerCompression(mediaType)).toBe(expected)
  })

  it('refuses what is no layer', () => {
    expect(() => layerCompression('application/vnd.oci.image.manifest.v1+json')).toThrow('media type')
  })
})

describe('detectCompression', () => {
  it.each([
    ['1f8b0800', 'gzip'],
    ['1f8b', 'none'],
    ['28b52ffd', 'zstd'],
    ['502a4d1800000000', 'zstd'],
    ['5f2a4d1800000000', 'zstd'],
    ['502a4d18', 'none'],
    ['', 'none'],
  ])('tells by %s', (hex, expected) => {
    expect(detectCompression(Buffer.from(hex, 'hex'))).toBe(expected)
  })
})

describe('decompress', () => {
  const plain = Buffer.concat([Buffer.alloc(5000, 'abc'), randomBytes(3000)])
  const parts = [plain.subarray(0, 2500), plain.subarray(2500, 6000), Buffer.alloc(0), plain.subarray(6000)]
  const members = Buffer.concat(parts.map((part) => gzipSync(part)))
  const frames = Buffer.concat([skippable('first'), ...parts.map((part) => zstdCompressSync(part)), skippable('last')])

  it.each([1, 2, 3, 7, 10, 11, 100, 1000, 100_000])(
    'joins members and frames that arrive in pieces of %i bytes',
    async (size) => {
      expect(await all(decompress(inPieces(members, size)))).toEqual(plain)
      expect(await all(decompress(inPieces(frames, size)))).toEqual(plain)
      expect(await all(decompress(inPieces(plain, size)))).toEqual(plain)
    },
  )

  it('joins members wherever a piece ends', async () => {
    const small = Buffer.concat(['one', 'two', 'three'].map((text) => gzipSync(text)))
    for (let cut = 11; cut < small.length; cut++) {
      const pieces = async function* () {
        yield small.subarray(0, cut)
        yield small.subarray(cut)
      }
      expect((await all(decompress(pieces()))).toString()).toBe('onetwothree')
    }
  })

  it('reads zstd with and without checksum, and blocks of one repeated byte', async () => {
    const { constants } = await import('node:zlib')
    for (const checksum of [0, 1]) {
      const stored = zstdCompressSync(Buffer.alloc(1_000_000), {
        params: { [constants.ZSTD_c_checksumFlag]: checksum },
      })
      expect((await all(decompress(inPieces(stored, 3)))).equals(Buffer.alloc(1_000_000))).toBe(true)
    }
  })

  it.each([
    ['gzip', members],
    ['zstd', zstdCompressSync(plain)],
  ])('refuses %s cut anywhere', async (_, stored) => {
    for (const cut of [12, 30, stored.length - 300, stored.length - 1]) {
      const error: unknown = await all(decompress(inPieces(stored.subarray(0, cut), 64))).catch((e: unknown) => e)
      expect(codeOf(error)).toBe(Code.DataLoss)
    }
  })

  it('passes on what the source failed with', async () => {
    const failing = async function* (): AsyncGenerator<Buffer> {
      yield members.subarray(0, 50)
      throw new Error('network gone')
    }
    await expect(all(decompress(failing()))).rejects.toThrow('network gone')
  })

  it('lets the source go when its reader stops early', async () => {
    let released = false
    const source = async function* (): AsyncGenerator<Buffer> {
      try {
        for (;;) yield gzipSync(randomBytes(100_000))
      } finally {
        released = true
      }
    }
    for await (const _chunk of decompress(source())) break
    await new Promise((resolve) => setImmediate(resolve))
    expect(released).toBe(true)
  })
})
