// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { parseOptions, UsageError } from './options.ts'

const known = ['run', 'rpc', 'pull']

describe('options of the benchmark', () => {
  it('runs every measure when none is named', () => {
    expect(parseOptions([], known)).toMatchObject({ only: known, quick: false, repeat: undefined, containers: 20 })
  })

  it('takes measures in the order of the benchmark, whatever the order typed', () => {
    expect(parseOptions(['--only', 'pull,run'], known).only).toEqual(['run', 'pull'])
    expect(parseOptions(['--only=pull', '--only=rpc'], known).only).toEqual(['rpc', 'pull'])
  })

  it('reads the counts', () => {
    expect(parseOptions(['--repeat', '3', '--containers', '5', '--quick', '--no-build'], known)).toMatchObject({
      repeat: 3,
      containers: 5,
      quick: true,
      noBuild: true,
    })
  })

  it.each([[['--only', 'walk']], [['--repeat', '0']], [['--repeat', 'x']], [['--fast']], [['run']]])(
    'refuses %j',
    (argv) => {
      expect(() => parseOptions(argv, known)).toThrow(UsageError)
    },
  )
})
