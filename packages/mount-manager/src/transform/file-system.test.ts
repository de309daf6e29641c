// SPDX-License-Identifier: Apache-2.0
import { Code, codeOf } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { parseFileSystem, toolArguments } from './file-system.ts'

const parse = (options: Readonly<Record<string, string>>) => parseFileSystem(Object.entries(options))
const uuid = '550e8400-e29b-41d4-a716-446655440000'

describe('options of mkfs/', () => {
  it.each([
    ['4096', 4096],
    ['10k', 10 * 1024],
    ['1GiB', 2 ** 30],
    ['1.5 MB', 1.5 * 2 ** 20],
    ['2t', 2 ** 41],
  ])('take the size %s', (size, sizeBytes) => {
    expect(parse({ size })).toEqual({ type: 'ext4', sizeBytes, uuid: undefined })
  })

  it.each([
    {},
    { size: '' },
    { size: '0' },
    { size: '-1' },
    { size: '1z' },
    { size: '99999p' },
    { size: '1m', fs: 'vfat' },
    { size: '1m', fs: 'toString' },
    { size: '1m', uuid: 'random' },
    { size: '1m', label: 'x' },
  ])('are refused: %j', (options) => {
    let code: Code | undefined
    try {
      parse(options)
    } catch (error) {
      code = codeOf(error)
    }
    expect(code).toBe(Code.InvalidArgument)
  })

  it('reach each tool in its own words', () => {
    expect(toolArguments(parse({ size: '1m', fs: 'xfs', uuid }))).toEqual(['-q', '-m', `uuid=${uuid}`])
    expect(toolArguments(parse({ size: '1m', uuid }))).toEqual(['-q', '-F', '-U', uuid])
    expect(toolArguments(parse({ size: '1m', fs: 'ext2' }))).toEqual(['-q', '-F'])
  })
})
