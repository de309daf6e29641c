// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeRequest,
  decodeResponse,
  encodeFrame,
  encodeRequest,
  encodeResponse,
  FrameDecoder,
  FrameType,
  MAX_MESSAGE_BYTES,
  metadataOf,
  namespaceOf,
  type Frame,
} from './index.ts'

function outcome(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('frames', () => {
  it('lays the header out as the protocol says', () => {
    const frame = encodeFrame(1, FrameType.Request, 0, Buffer.from('hello'))
    expect(hex(frame.subarray(0, 10))).toBe('00000005000000010100')
    expect(hex(encodeFrame(0xfffffffd, FrameType.Data, 5, new Uint8Array(0)))).toBe('00000000fffffffd0305')
  })

  it('cuts a stream into the same frames however it arrives', () => {
    const arbitrary = fc.array(
      fc.tuple(fc.nat(0xffffffff), fc.nat(255), fc.nat(255), fc.uint8Array({ maxLength: 300 })),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(arbitrary, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(([id, type, flags, body]) => encodeFrame(id, type, flags, body)))
        const decoder = new FrameDecoder()
        const seen: Frame[] = []
        for (let offset = 0, i = 0; offset < bytes.length; i++) {
          const size = cuts[i % cuts.length] as number
          seen.push(...decoder.push(bytes.subarray(offset, offset + size)))
          offset += size
        }
        expect(decoder.atBoundary).toBe(true)
        expect(seen.map((f) => [f.streamId, f.type, f.flags, hex(f.body)])).toEqual(
          frames.map(([id, type, flags, body]) => [id, type, flags, hex(body)]),
        )
      }),
    )
  })

  it('drops the body of an oversized frame and finds the next one', () => {
    const decoder = new FrameDecoder()
    const head = encodeFrame(7, 1, 0, new Uint8Array(0))
    Buffer.from(head.buffer, head.byteOffset).writeUInt32BE(MAX_MESSAGE_BYTES + 1, 0)
    expect(decoder.push(head)).toEqual([])
    const chunk = Buffer.alloc(1 << 20)
    for (let i = 0; i < 4; i++) expect(decoder.push(chunk)).toEqual([])
    const frames = decoder.push(Buffer.concat([Buffer.alloc(1), encodeFrame(9, 1, 0, Buffer.from('a'))]))
    expect(frames.map((f) => [f.streamId, f.lengthBytes, f.body.length])).toEqual([
      [7, MAX_MESSAGE_BYTES + 1, 0],
      [9, 1, 1],
    ])
  })
})

describe('envelopes', () => {
  it('match the protobuf encoding byte for byte', () => {
    const request = encodeRequest({
      service: 's',
      method: 'm',
      payload: Buffer.from('p'),
      timeoutNano: -1n,
      metadata: metadataOf({ K: ['a', 'b'] }),
    })
    expect(hex(request)).toBe('0a017312016d1a017020ffffffffffffffffff01' + '2a060a016b120161' + '2a060a016b120162')
    expect(hex(encodeResponse({ payload: new Uint8Array(0) }))).toBe('')
    expect(hex(encodeResponse({ status: { code: 5, message: 'x' }, payload: new Uint8Array(0) }))).toBe(
      '0a05080512' + '0178',
    )
  })

  it('round-trip', () => {
    const text = fc.string({ unit: 'binary' })
    const metadata = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.array(text, { minLength: 1, maxLength: 3 }))
    fc.assert(
      fc.property(
        text,
        text,
        fc.uint8Array(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        metadata,
        (service, method, payload, timeoutNano, pairs) => {
          const back = decodeRequest(
            encodeRequest({ service, method, payload, timeoutNano, metadata: metadataOf(pairs) }),
          )
          expect({ ...back, payload: hex(back.payload) }).toEqual({
            service,
            method,
            payload: hex(payload),
            timeoutNano,
            metadata: metadataOf(pairs),
          })
        },
      ),
    )
    fc.assert(
      fc.property(
        fc.option(fc.record({ code: fc.nat(2 ** 31 - 1), message: text }), { nil: undefined }),
        fc.uint8Array(),
        (status, payload) => {
          const back = decodeResponse(encodeResponse(status === undefined ? { payload } : { status, payload }))
          expect(back.status).toEqual(status)
          expect(hex(back.payload)).toBe(hex(payload))
        },
      ),
    )
  })

  it('skip fields they do not know and survive any bytes', () => {
    expect(decodeResponse(Buffer.from('1a0178' + '12017a' + '2005', 'hex'))).toEqual({ payload: Buffer.from('z') })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const outcomes = [decodeRequest, decodeResponse].map((decode) => outcome(() => decode(bytes)))
        expect(outcomes.every((value) => typeof value === 'object')).toBe(true)
      }),
    )
  })

  it('keep a Go status with details readable', () => {
    // status { code: 5, message: "no", details: [Any] }, payload absent
    expect(decodeResponse(Buffer.from('0a0c080512026e6f1a040a027474', 'hex')).status).toEqual({
      code: 5,
      message: 'no',
    })
  })
})

describe('metadata', () => {
  it('lower-cases what it sends and looks up exactly', () => {
    const metadata = metadataOf({ 'Containerd-Namespace-TTRPC': 'a' }, new Map([['x', ['1', '2']]]))
    expect(namespaceOf(metadata)).toBe('a')
    expect(metadata.get('x')).toEqual(['1', '2'])
    expect(namespaceOf(new Map([['Containerd-Namespace-Ttrpc', ['a']]]))).toBeUndefined()
  })
})
