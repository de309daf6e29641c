// SPDX-License-Identifier: Apache-2.0
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import {
  checkIdentifier,
  checkLabels,
  isDigest,
  parseDigest,
  parseNamespace,
  storedLabels,
  updatedLabels,
} from './index.ts'

const invalid = expect.objectContaining({ code: Code.InvalidArgument })

describe('identifiers', () => {
  it.each(['a', 'A1', 'default', 'k8s.io', 'a-b_c.d', '0', 'x'.repeat(76)])('%s is one', (id) =>
    expect(checkIdentifier(id)).toBe(id),
  )

  it.each(['', '-a', 'a-', 'a..b', 'a.-b', 'a/b', 'ä', 'a b', 'a\n', 'x'.repeat(77)])('%j is none', (id) => {
    expect(() => checkIdentifier(id)).toThrow(invalid)
    expect(() => parseNamespace(id)).toThrow(invalid)
  })
})

describe('labels', () => {
  it('may take 4096 bytes together with their key', () => {
    expect(() => checkLabels({ k: 'v'.repeat(4095), '': '' })).not.toThrow()
    expect(() => checkLabels({ ['k'.repeat(100)]: 'ä'.repeat(1999) })).toThrow(
      `label key and value length (4098 bytes) greater than maximum size (4096 bytes), key: ${'k'.repeat(64)}`,
    )
  })
})

describe('label updates', () => {
  const current = { a: '1', 'b.c': '2' }
  const update = (given: Record<string, string>, ...paths: string[]) =>
    updatedLabels(current, given, paths, 'thing "x"')

  it('replace all without paths or with the whole field, dropping empty values', () => {
    expect(updatedLabels(current, { d: '4', e: '' }, undefined, 'thing')).toEqual({ d: '4' })
    expect(update({ d: '4' })).toEqual({ d: '4' })
    expect(update({ d: '4' }, 'labels')).toEqual({ d: '4' })
    expect(storedLabels(undefined)).toEqual({})
  })

  it('touch the keys that paths name and delete what is missing or empty', () => {
    expect(update({ a: '9', d: '4' }, 'labels.d')).toEqual({ ...current, d: '4' })
    expect(update({ a: '' }, 'labels.a', 'labels.b.c', 'labels.constructor')).toEqual({})
    expect(() => update({}, 'size')).toThrow('cannot update "size" field on thing "x"')
  })
})

describe('digests', () => {
  it.each([
    [`sha256:${'0'.repeat(64)}`, true],
    [`sha512:${'a'.repeat(128)}`, true],
    [`sha256:${'A'.repeat(64)}`, false],
    [`sha256:${'0'.repeat(63)}`, false],
    [`md5:${'0'.repeat(32)}`, false],
    ['sha256', false],
    ['', false],
  ])('%s: %s', (value, good) => expect(isDigest(value)).toBe(good))

  it('name the rule that a bad one breaks', () => {
    expect(() => parseDigest('sha256:x')).toThrow(invalid)
    expect(() => parseDigest('md5:x')).toThrow('unsupported digest algorithm')
  })
})
