// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { encodeHttp2Frame, FrameType } from './frame-cutter.ts'
import { WindowGrowth } from './window-growth.ts'

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const uint32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer).swap32()

/** A settings frame with a maximum of streams and, where given, an initial window. */
function settings(windowBytes?: number): Buffer {
  const window = windowBytes === undefined ? [] : [Buffer.from([0, 4]), uint32(windowBytes)]
  return encodeHttp2Frame(FrameType.settings, Buffer.concat([Buffer.from([0, 3]), uint32(100), ...window]))
}

const update = (streamId: number, bytes: number): Buffer =>
  encodeHttp2Frame(FrameType.windowUpdate, uint32(bytes), streamId)
const headers = (streamId: number): Buffer => encodeHttp2Frame(FrameType.headers, Buffer.from('head'), streamId)
const data = (streamId: number, size = 40): Buffer => encodeHttp2Frame(FrameType.data, Buffer.alloc(size, 1), streamId)
const ended = (frame: Buffer): Buffer => {
  frame[4] = 1
  return frame
}

function begin(windowBytes?: number): WindowGrowth {
  const growth = new WindowGrowth()
  expect(growth.sent(preface)).toEqual([])
  expect([...growth.received(settings(windowBytes))]).toEqual([settings(windowBytes)])
  return growth
}

const got = (growth: WindowGrowth, ...chunks: Buffer[]): Buffer =>
  Buffer.concat(chunks.flatMap((chunk) => [...growth.received(chunk)]))

describe('growth of the initial window', () => {
  it('reaches open streams as updates, and later ones when they open', () => {
    const growth = begin(1000)
    growth.sent(Buffer.concat([settings(), headers(1), data(1), headers(3)]))
    expect(got(growth, settings(1500))).toEqual(Buffer.concat([settings(), update(1, 500), update(3, 500)]))
    expect(growth.sent(headers(5))).toEqual([update(5, 500)])
    expect(growth.sent(headers(5))).toEqual([])
    expect(got(growth, settings(1600))).toEqual(
      Buffer.concat([settings(), update(1, 100), update(3, 100), update(5, 100)]),
    )
  })

  it('counts from the default where the server named none', () => {
    const growth = begin()
    growth.sent(headers(1))
    expect(got(growth, settings(65_536))).toEqual(Buffer.concat([settings(), update(1, 1)]))
  })

  it('does not reach streams that have ended, on either side', () => {
    const growth = begin(1000)
    growth.sent(Buffer.concat([headers(1), headers(3), headers(5), headers(7)]))
    growth.sent(encodeHttp2Frame(FrameType.rstStream, uint32(8), 1))
    const ends = [ended(data(3)), encodeHttp2Frame(FrameType.rstStream, uint32(0), 5)]
    expect(got(growth, ...ends)).toEqual(Buffer.concat(ends))
    expect(got(growth, settings(1001))).toEqual(Buffer.concat([settings(), update(7, 1)]))
  })

  it('waits for the end of a frame that has come in part', () => {
    const growth = begin(1000)
    growth.sent(headers(1))
    const frame = data(1)
    expect(got(growth, settings(1001), frame.subarray(0, 20))).toEqual(
      Buffer.concat([settings(), update(1, 1), frame.subarray(0, 20)]),
    )
    expect(growth.sent(headers(3))).toEqual([])
    expect(got(growth, frame.subarray(20))).toEqual(Buffer.concat([frame.subarray(20), update(3, 1)]))
  })

  it('passes on a decrease, an acknowledgement and settings without a window', () => {
    const growth = begin(1000)
    growth.sent(headers(1))
    const acknowledged = ended(encodeHttp2Frame(FrameType.settings, Buffer.alloc(0)))
    const frames = Buffer.concat([settings(), acknowledged, settings(500)])
    expect(got(growth, frames)).toEqual(frames)
    expect(growth.sent(headers(3))).toEqual([])
  })

  it('comes out the same however the bytes are cut', () => {
    const script = Buffer.concat([data(1), settings(2000), data(1, 0), settings(3000), ended(data(1))])
    const whole = got(openedOne(), script)
    for (let size = 1; size < script.length; size++) {
      const growth = openedOne()
      const cut: Buffer[] = []
      for (let at = 0; at < script.length; at += size) cut.push(got(growth, script.subarray(at, at + size)))
      expect(Buffer.concat(cut)).toEqual(whole)
    }
  })
})

function openedOne(): WindowGrowth {
  const growth = begin(1000)
  growth.sent(headers(1))
  return growth
}
