// SPDX-License-Identifier: Apache-2.0
import { Code } from '@containerd-ts/errdefs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from './frames.ts'
import { MessageSource } from './message-source.ts'

function source(maxBytes = 1 << 20) {
  const calls: string[] = []
  const stream = { pause: () => calls.push('pause'), resume: () => calls.push('resume') }
  return { calls, source: new MessageSource(stream, maxBytes) }
}
const frame = (text: string): Buffer => encodeFrame(Buffer.from(text), 1 << 20)
const compressed = (text: string): Buffer => {
  const bytes = encodeFrame(gzipSync(text), 1 << 20)
  bytes[0] = 1
  return bytes
}
const code = (expected: Code) => expect.objectContaining({ code: expected })

describe('a message source', () => {
  it('delivers messages, then the end', async () => {
    const { source: s } = source()
    s.push(Buffer.concat([frame('a'), frame('b')]))
    s.end()
    expect([await s.next(), await s.next()].map((bytes) => Buffer.from(bytes ?? []).toString())).toEqual(['a', 'b'])
    expect(await s.next()).toBeUndefined()
  })

  it('wakes a reader that waits', async () => {
    const { source: s } = source()
    const waiting = s.next()
    s.push(frame('late'))
    expect(Buffer.from((await waiting) ?? []).toString()).toBe('late')
  })

  it('pauses the stream while the reader is behind and resumes it in time', async () => {
    const { source: s, calls } = source()
    for (let i = 0; i < 5; i++) s.push(frame('x'.repeat(100_000)))
    expect(calls).toEqual(['pause'])
    await s.next()
    expect(calls).toEqual(['pause'])
    for (let i = 0; i < 3; i++) await s.next()
    expect(calls).toEqual(['pause', 'resume'])
  })

  it('delivers messages before an error at the end, and drops them at a failure', async () => {
    const { source: ended } = source()
    ended.push(frame('a'))
    ended.end(new Error('after'))
    expect(await ended.next()).toBeDefined()
    await expect(ended.next()).rejects.toThrow('after')
    const { source: failed } = source()
    failed.push(frame('a'))
    failed.fail(new Error('now'))
    await expect(failed.next()).rejects.toThrow('now')
  })

  it('fails at an end inside a message', async () => {
    const { source: s } = source()
    s.push(frame('abc').subarray(0, 6))
    s.end()
    await expect(s.next()).rejects.toThrow(code(Code.Internal))
  })

  it('inflates what is marked as compressed', async () => {
    const { source: s } = source()
    s.encoding = 'gzip'
    s.push(compressed('hello'))
    expect(Buffer.from((await s.next()) ?? []).toString()).toBe('hello')
  })

  it('refuses compression nobody announced, broken gzip, and bombs', async () => {
    const { source: unannounced } = source()
    unannounced.push(compressed('x'))
    await expect(unannounced.next()).rejects.toThrow(code(Code.Internal))
    const { source: broken } = source()
    broken.encoding = 'gzip'
    broken.push(Buffer.from('010000000161', 'hex'))
    await expect(broken.next()).rejects.toThrow(code(Code.Internal))
    const { source: bomb } = source(1000)
    bomb.encoding = 'gzip'
    bomb.push(compressed('0'.repeat(100_000)))
    await expect(bomb.next()).rejects.toThrow(code(Code.ResourceExhausted))
  })

  it('insists on one message where one is due', async () => {
    const { source: none } = source()
    none.end()
    await expect(none.single('request')).rejects.toThrow(code(Code.Unimplemented))
    const { source: two } = source()
    two.push(Buffer.concat([frame('a'), frame('b')]))
    two.end()
    await expect(two.single('request')).rejects.toThrow(code(Code.Unimplemented))
  })
})
