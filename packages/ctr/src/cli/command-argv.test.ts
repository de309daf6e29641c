// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { describe, expect, it } from 'vitest'
import { commandArgv } from './command-argv.ts'
import { stringList } from './string-list.ts'

const flags = {
  rm: Flags.boolean({}),
  tty: Flags.boolean({ char: 't' }),
  env: stringList({ summary: '' }),
  user: Flags.string({ char: 'u' }),
}
const argv = (...words: readonly string[]) => commandArgv(words, { flags })

describe('arguments of a command', () => {
  it('ends flags at the first argument', () => {
    expect(argv('--rm', '-t', 'image', 'id', 'ls', '-l', '--rm')).toEqual({
      kind: 'run',
      argv: ['--rm', '--tty', '--', 'image', 'id', 'ls', '-l', '--rm'],
    })
  })

  it('ends flags at two dashes', () => {
    expect(argv('--rm', '--', '-x', 'y')).toEqual({ kind: 'run', argv: ['--rm', '--', '-x', 'y'] })
  })

  it('takes values with blank or equals sign, short and long, one dash or two', () => {
    expect(argv('-u', 'a', '-user=b', '--user', 'c')).toEqual({
      kind: 'run',
      argv: ['--user=a', '--user=b', '--user=c', '--'],
    })
  })

  it('keeps commas and equals signs of a value', () => {
    expect(argv('--env', 'A=1,2', '--env=B=3')).toEqual({ kind: 'run', argv: ['--env=A=1,2', '--env=B=3', '--'] })
  })

  it('takes booleans as Go does', () => {
    expect(argv('--rm=false', '-t=1')).toEqual({ kind: 'run', argv: ['--tty', '--'] })
    expect(() => argv('--rm=maybe')).toThrow('invalid boolean value "maybe" for -rm')
  })

  it('answers help where the command has no such flag', () => {
    expect(argv('-h')).toEqual({ kind: 'help' })
    expect(argv('--rm', '--help')).toEqual({ kind: 'help' })
  })

  it('refuses unknown flags and missing values', () => {
    expect(() => argv('--nope')).toThrow('flag provided but not defined: -nope')
    expect(() => argv('--user')).toThrow('flag needs an argument: -user')
  })
})
