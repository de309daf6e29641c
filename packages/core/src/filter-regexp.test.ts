// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { compileRe2 } from './filter-regexp.ts'

describe('expressions of RE2', () => {
  it.each([
    ['a.c', 'abc', true],
    ['a.c', 'a\nc', false],
    ['a.c', 'a\rc', true],
    ['(?s)a.c', 'a\nc', true],
    ['(?i:A)b', 'ab', true],
    ['(?i:A)b', 'aB', false],
    ['x(?i)ab(?-i)c', 'xABc', true],
    ['x(?i)ab(?-i)c', 'xABC', false],
    ['((?i)a)b', 'AB', false],
    ['(?m)^b$', 'a\nb', true],
    ['^b$', 'a\nb', false],
    [String.raw`\Aab\z`, 'ab', true],
    ['(?P<n>a)(?<m>b)', 'ab', true],
    ['[[:alpha:]]+$', 'abc', true],
    ['^[[:^digit:]]$', '1', false],
    ['^[[:^digit:]]$', 'ä', true],
    [String.raw`^[^\D]$`, '7', true],
    [String.raw`^[\w.-]+$`, 'a.b-c', true],
    ['^[]a]+$', ']a', true],
    ['^[a-c-]+$', 'ab-', true],
    ['a{2}', 'aa', true],
    ['a{,2}', 'a{,2}', true],
    ['x}]', 'x}]', true],
    [String.raw`\Qa.b\E.`, 'a.bc', true],
    [String.raw`\Qa.b\E.`, 'axbc', false],
    [String.raw`^\x{e4}\x41\101$`, 'äAA', true],
    [String.raw`^\pL\p{Greek}\P{L}$`, 'aα1', true],
    [String.raw`\.\/\-\_`, './-_', true],
    ['(?U)^a+', 'aa', true],
  ])('%s on %j is %s', (pattern, text, expected) => expect(compileRe2(pattern)?.test(text)).toBe(expected))

  it.each([
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    String.raw`(a)\1`,
    'a**',
    '[',
    '(',
    ')',
    String.raw`\y`,
    'a{1001}',
    '[[:constructor:]]',
    '*',
    '[b-a]',
    '\\',
  ])('%s is none', (pattern) => expect(compileRe2(pattern)).toBeUndefined())
})
