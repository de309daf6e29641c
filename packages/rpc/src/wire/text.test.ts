// SPDX-License-Identifier: Apache-2.0
import { create, toBinary } from '@bufbuild/protobuf'
import { StatusSchema } from '@containerd-ts/api/google/rpc/status_pb'
import { describe, expect, it } from 'vitest'
import { addMetadata, toHeaders } from './metadata.ts'
import { percentDecode, percentEncode } from './percent.ts'
import { decodeStatus, encodeStatus } from './status.ts'
import { formatTimeout, parseTimeout } from './timeout.ts'

describe('grpc-message', () => {
  it('encodes all but printable ASCII, and the percent sign', () => {
    expect(percentEncode('image "x": not found')).toBe('image "x": not found')
    expect(percentEncode('100% ö\n')).toBe('100%25 %C3%B6%0A')
  })

  it('survives the round trip and broken input', () => {
    for (const text of ['', 'plain', 'größe 100%\t\u{1f433}']) expect(percentDecode(percentEncode(text))).toBe(text)
    expect(percentDecode('%zz%4')).toBe('%zz%4')
    expect(percentDecode(percentEncode('\ud800'))).toBe('\ufffd')
  })

  it('is cut where it would not fit a header', () => {
    expect(percentEncode('x'.repeat(100_000)).length).toBeLessThanOrEqual(8 * 1024)
  })
})

describe('grpc-timeout', () => {
  it('knows all units', () => {
    expect(['1H', '2M', '3S', '4m', '5000u', '6000000n'].map(parseTimeout)).toEqual([3_600_000, 120_000, 3000, 4, 5, 6])
    expect(parseTimeout(undefined)).toBeUndefined()
  })

  it('refuses anything else', () => {
    for (const text of ['', '5', 'm', '-1m', '1.5S', '123456789m', '1x'])
      expect(() => parseTimeout(text)).toThrow('grpc-timeout')
  })

  it('is written in the finest unit that fits', () => {
    expect(formatTimeout(250)).toBe('250m')
    expect(formatTimeout(0.2)).toBe('1m')
    expect(formatTimeout(100_000_000)).toBe('100000S')
    expect(formatTimeout(Number.MAX_SAFE_INTEGER)).toBe('99999999H')
  })
})

describe('grpc-status-details-bin', () => {
  const status = {
    code: 5,
    message: 'größe',
    details: [
      { typeUrl: 'a.B', value: new Uint8Array([1, 2, 3]) },
      { typeUrl: '', value: new Uint8Array() },
    ],
  }

  it('is what the generated message writes, without padding', () => {
    const expected = Buffer.from(
      toBinary(StatusSchema, create(StatusSchema, { ...status, details: [...status.details] })),
    )
    expect(encodeStatus(status)).toBe(expected.toString('base64').replace(/=+$/, ''))
  })

  it('reads back, and is nothing when broken', () => {
    expect(decodeStatus(encodeStatus(status))).toEqual(status)
    expect(decodeStatus('////')).toBeUndefined()
  })
})

describe('metadata', () => {
  it('leaves out what belongs to the protocol', () => {
    const headers = {}
    addMetadata(headers, { 'X-A': '1', 'grpc-status': '0', 'Content-Type': 'x', te: 'y' })
    expect(headers).toEqual({ 'x-a': '1' })
  })

  it('is read without pseudo-headers', () => {
    expect([...toHeaders({ ':path': '/x', 'x-a': '1' })]).toEqual([['x-a', '1']])
  })
})
