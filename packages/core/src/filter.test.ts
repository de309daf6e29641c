// SPDX-License-Identifier: Apache-2.0
import { Code, codeOf } from '@containerd-ts/errdefs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesAny, parseFilter, parseFilters, type FieldLookup } from './index.ts'

const object: FieldLookup = (path) =>
  new Map([
    ['name', 'foo'],
    ['labels/containerd.io/gc.root', 'now'],
    ['labels/a.b', 'c'],
    ['other', 'value, with blanks'],
  ]).get(path[0] === 'labels' ? `labels/${path.slice(1).join('.')}` : path.join('/'))

const matches = (text: string): boolean => parseFilter(text).matches(object)
const failure = (text: string): string => {
  try {
    parseFilter(text)
  } catch (error) {
    expect(error).toMatchObject({ code: Code.InvalidArgument })
    return (error as Error).message
  }
  throw new Error(`${text} was parsed`)
}

describe('filters', () => {
  it.each([
    ['', true],
    ['name', true],
    ['missing', false],
    ['name==foo', true],
    ['name==bar', false],
    ['name!=bar', true],
    ['missing!=bar', true],
    ['missing!=""', false],
    ['missing==""', false],
    ['name==foo,labels.a.b==c', true],
    ['name==foo, labels.a.b == c', true],
    [' name==foo', true],
    ['name==foo,missing', false],
    ['labels."containerd.io/gc.root"', true],
    ['labels."containerd.io/gc.root"==now', true],
    ['labels.a."b"=="c"', true],
    ['other=="value, with blanks"', true],
    [String.raw`name=="\x66\u006f\157"`, true],
    ['name==foo-bar/1.2:x', false],
  ])('%s is %s', (text, expected) => expect(matches(text)).toBe(expected))

  it.each([
    ['name~=^f', true],
    ['name~=o+$', true],
    ['name~="^F"', false],
    ['name~="(?i)^F"', true],
    ['name~=/^(foo|bar)$/', true],
    ['name~=|^foo$|', true],
    [String.raw`name~=/^\\w{3}$/`, true],
    ['missing~=^$', true],
    ['missing~=[a-z]', false],
    ['name~=/(?=foo)/', false],
    ['name~="("', false],
  ])('%s is %s', (text, expected) => expect(matches(text)).toBe(expected))

  it.each([
    ['name===foo', 'filters: parse error: [name >|=|< ==foo]: unsupported operator "==="'],
    ['name==', 'filters: parse error: [name==]: expected value or quoted'],
    ['name=', 'filters: parse error: [name >|=|< ]: unsupported operator "="'],
    ['name==foo ,x', 'filters: parse error: [name==foo >| |< ,x]: unexpected input:  '],
    ['name ,x', 'filters: parse error: [name  >|,|< x]: expected an operator ("=="|"!="|"~=")'],
    ['name.', 'filters: parse error: [name.]: expected field or quoted'],
    ['labels.a-b', 'filters: parse error: [labels.a >|-|< b]: expected an operator ("=="|"!="|"~=")'],
    ['name==/foo/', 'filters: parse error: [name== >|/|< foo/]: invalid quote encountered'],
    ['name==|foo|', 'filters: parse error: [name== >|||< foo|]: invalid quote encountered'],
    ["'name'==foo", "filters: parse error: [ >|'|< name'==foo]: expected field or quoted"],
    [String.raw`name~=/\d/`, String.raw`filters: parse error: [name~= >|/|< \d/]: illegal escape sequence`],
    ['name=="foo', 'filters: parse error: [name== >|"|< foo]: quoted literal not terminated'],
    ['name=="f\noo"', 'filters: parse error: [name== >|"|< f\noo"]: unexpected newline in literal'],
    ['name==.x', 'filters: parse error: [name== >|.|< x]: expected value or quoted'],
    [',name', 'filters: parse error: [ >|,|< name]: expected field or quoted'],
  ])('%s is refused', (text, message) => expect(failure(text)).toBe(message))

  it('are alternatives in a list, and an empty list lets everything pass', () => {
    expect(matchesAny(parseFilters(['missing', 'name==foo']), object)).toBe(true)
    expect(matchesAny(parseFilters(['missing', 'name==bar']), object)).toBe(false)
    expect(matchesAny(parseFilters([]), object)).toBe(true)
    expect(matchesAny(undefined, object)).toBe(true)
  })

  it('find any label under any value once both are quoted', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\n'))
    const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`
    fc.assert(
      fc.property(text, text, (key, value) => {
        const lookup: FieldLookup = (path) => (path.slice(1).join('.') === key ? value : undefined)
        expect(parseFilter(`labels.${quoted(key)}==${quoted(value)}`).matches(lookup)).toBe(true)
        expect(parseFilter(`labels.${quoted(key)}!=${quoted(value)}`).matches(lookup)).toBe(false)
      }),
    )
  })

  it('either parse or fail with InvalidArgument, whatever the text', async () => {
    const bits = fc.constantFrom(
      'a',
      'labels',
      '.',
      ',',
      '==',
      '~=',
      '!',
      '"',
      '/',
      '|',
      '\\',
      ' ',
      'ä',
      '😀',
      '\n',
      '(',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(bits).map((parts) => parts.join('')),
        async (text) => {
          const result = new Promise((resolve) => resolve(parseFilter(text).matches(() => 'value')))
          await expect(result.catch(codeOf)).resolves.toSatisfy(
            (value) => typeof value === 'boolean' || value === Code.InvalidArgument,
          )
        },
      ),
    )
  })
})
