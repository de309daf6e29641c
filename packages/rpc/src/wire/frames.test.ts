// SPDX-License-Identifier: Apache-2.0
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { encodeFrame, FrameParser } from './frames.ts'
import type { Frame } from './frames.ts'

const parse = (chunks: readonly Buffer[], maxBytes = 1000): { frames: Frame[]; partial: boolean } => {
  const parser = new FrameParser(maxBytes)
  const frames: Frame[] = []
  for (const chunk of chunks) parser.push(chunk, frames)
  return { frames, partial: parser.partial }
}
const text = (frames: readonly Frame[]): string[] => frames.map(({ data }) => Buffer.from(data).toString())

describe('frames', () => {
  it('have a flag byte and a big-endian length', () => {
    expect(encodeFrame(Buffer.from('abc'), 100).toString('hex')).toBe('0000000003616263')
    expect(encodeFrame(new Uint8Array(), 100).toString('hex')).toBe('0000000000')
    expect(encodeFrame(new Uint8Array(300), 300).subarray(0, 5).toString('hex')).toBe('000000012c')
  })

  it('over the limit are not sent', () => {
    expect(() => encodeFrame(new Uint8Array(11), 10)).toThrow(expect.objectContaining({ code: Code.ResourceExhausted }))
  })

  it('parse the same however they are cut', () => {
    const bytes = Buffer.concat(
      ['one', '', 'three', 'x'.repeat(500)].map((item) => encodeFrame(Buffer.from(item), 1000)),
    )
    for (let size = 1; size <= bytes.length; size += 3) {
      const chunks: Buffer[] = []
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
      const { frames, partial } = parse(chunks)
      expect(text(frames)).toEqual(['one', '', 'three', 'x'.repeat(500)])
      expect(partial).toBe(false)
    }
  })

  it('that have begun are known to be partial', () => {
    expect(parse([Buffer.from('00', 'hex')]).partial).toBe(true)
    expect(parse([Buffer.from('0000000003616', 'hex')]).partial).toBe(true)
  })

  it('carry the compressed flag', () => {
    expect(parse([Buffer.from('010000000161', 'hex')]).frames).toMatchObject([{ compressed: true }])
  })

  it('that announce too much fail before their bytes are kept', () => {
    expect(() => parse([Buffer.from('00ffffffff', 'hex')])).toThrow(
      expect.objectContaining({ code: Code.ResourceExhausted }),
    )
    expect(() => parse([Buffer.from('00000003e9', 'hex')])).toThrow(
      expect.objectContaining({ code: Code.ResourceExhausted }),
    )
    expect(parse([Buffer.from('00000003e8', 'hex')]).frames).toEqual([])
  })

  it('with unknown flags are refused', () => {
    expect(() => parse([Buffer.from('0200000000', 'hex')])).toThrow(expect.objectContaining({ code: Code.Internal }))
  })
})
