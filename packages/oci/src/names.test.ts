// SPDX-License-Identifier: Apache-2.0
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { familiarName, fullName, normaliseName } from './familiar-name.ts'
import { parsePullReference, parseReference } from './reference.ts'
import { parseSignal } from './signals.ts'

const digest = `sha256:${'a'.repeat(64)}`

describe('references', () => {
  it.each([
    ['docker.io/library/x:latest', { host: 'docker.io', repository: 'library/x', tag: 'latest', object: 'latest' }],
    ['localhost:5000/x:v1', { host: 'localhost:5000', repository: 'x', tag: 'v1', locator: 'localhost:5000/x' }],
    [`h/a@${digest}`, { tag: '', digest, object: `@${digest}` }],
    [`h/a:t@${digest}`, { tag: 't', digest, object: `t@${digest}` }],
    ['h/a/../b//c:t', { repository: 'b/c' }],
    ['[::1]:5000/x:t', { host: '[::1]:5000' }],
    ['alpine', { host: 'alpine', repository: '', object: '' }],
  ])('%s is parsed', (text, parts) => expect(parseReference(text)).toMatchObject(parts))

  it.each(['http://a/b:c', '', '/a:b', 'a b/c:d', 'h/a@sha256:1', 'h/a:t@x'])('%j is refused', (text) =>
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: Code.InvalidArgument })),
  )

  it.each([
    ['busybox', 'docker.io/library/busybox:latest'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36'],
    ['me/tool', 'docker.io/me/tool:latest'],
    ['localhost:5000/x', 'localhost:5000/x:latest'],
    ['ghcr.io/a/b', 'ghcr.io/a/b:latest'],
  ])('%s is too short to pull; the error says %s', (short, full) =>
    expect(() => parsePullReference(short)).toThrow(full),
  )
})

describe('familiar names', () => {
  it.each([
    ['busybox', 'docker.io/library/busybox:latest', 'busybox'],
    ['me/tool:v1', 'docker.io/me/tool:v1', 'me/tool:v1'],
    ['index.docker.io/x', 'docker.io/library/x:latest', 'x'],
    ['localhost/x', 'localhost/x:latest', 'localhost/x'],
    ['h:5000/x', 'h:5000/x:latest', 'h:5000/x'],
    [`x@${digest}`, `docker.io/library/x@${digest}`, `x@${digest}`],
  ])('%s is %s in full and %s in short', (text, full, familiar) => {
    expect(fullName(normaliseName(text))).toBe(full)
    expect(familiarName(normaliseName(text))).toBe(familiar)
  })

  it.each(['', 'X', 'h/X', 'a'.repeat(64), 'x:', 'x@sha256:1', 'a..b', 'x:-t', 'h:port/x'])('%j is refused', (text) =>
    expect(() => normaliseName(text)).toThrow(),
  )
})

describe('signals', () => {
  it.each([
    ['9', 9],
    ['KILL', 9],
    ['sigterm', 15],
    ['SIGRTMIN', 34],
    ['RTMIN+3', 37],
    ['rtmax-1', 63],
  ])('%s is %i', (text, number) => expect(parseSignal(text)).toBe(number))

  it.each(['0', '65', 'NOPE', '', 'RTMIN-1', 'RTMAX+1', 'RTMIN+99', '-1'])('%j is refused', (text) =>
    expect(() => parseSignal(text)).toThrow(),
  )
})
