// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { parseFlags, UsageError } from './flags.ts'

describe('command line', () => {
  it('reads what daemons pass', () => {
    const argv = '-namespace ns -address /a.sock -publish-binary /bin/containerd -id c1 -bundle /b -debug delete'.split(
      ' ',
    )
    expect(parseFlags(argv)).toMatchObject({
      namespace: 'ns',
      address: '/a.sock',
      publishBinary: '/bin/containerd',
      id: 'c1',
      bundle: '/b',
      debug: true,
      action: 'delete',
    })
  })

  it.each([['-id=x'], ['--id=x'], ['-id', 'x'], ['--id', 'x']])('takes %s %s', (...argv) => {
    expect(parseFlags(argv)).toMatchObject({ id: 'x', action: '' })
  })

  it('ends the flags at the first other argument', () => {
    expect(parseFlags(['start', '-id', 'x'])).toMatchObject({ action: 'start', id: '' })
    expect(parseFlags(['--', '-id'])).toMatchObject({ action: '-id' })
    expect(parseFlags(['-'])).toMatchObject({ action: '-' })
  })

  it('gives a boolean a value only after an equals sign', () => {
    expect(parseFlags(['-debug', 'false'])).toMatchObject({ debug: true, action: 'false' })
    expect(parseFlags(['-debug=false'])).toMatchObject({ debug: false })
    expect(parseFlags(['-v'])).toMatchObject({ version: true })
  })

  it.each([['-nope'], ['-id'], ['-debug=maybe'], ['---id'], ['-=x']])('refuses %s', (argument) => {
    expect(() => parseFlags([argument])).toThrow(UsageError)
  })
})
