// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { isTransientTransport, parseRegistryErrors, redactUrl } from './errors.ts'
import { isLoopback, splitPort } from './loopback.ts'

describe('messages', () => {
  it('show no query values but the namespace, and no user', () => {
    const url = new URL('https://u:p@h/v2/x?ns=docker.io&sig=abc&sig=def')
    expect(redactUrl(url)).toBe('https://h/v2/x?ns=docker.io&sig=redacted')
    expect(url.searchParams.get('sig')).toBe('abc')
  })

  it('hold what the error document says, whatever is in it', () => {
    expect(parseRegistryErrors('{"errors":[{"code":"A","message":"b","detail":1},{},null]}')).toEqual([
      { code: 'A', message: 'b', detail: 1 },
      { code: 'UNKNOWN', message: '', detail: undefined },
    ])
    for (const text of ['', '<html>', '[]', 'null', '{"errors":{}}']) expect(parseRegistryErrors(text)).toEqual([])
  })

  it('tell broken connections from other failures', () => {
    expect(isTransientTransport(new Error('x', { cause: Object.assign(new Error('y'), { code: 'ECONNRESET' }) }))).toBe(
      true,
    )
    expect(isTransientTransport(Object.assign(new Error('y'), { code: 'ENOTFOUND' }))).toBe(false)
  })
})

describe('loopback', () => {
  it('knows the names of this machine', () => {
    for (const name of ['localhost', 'a.localhost', '127.0.0.1', '127.9.9.9', '[::1]', '::1'])
      expect(isLoopback(name)).toBe(true)
    for (const name of ['localhost.com', '128.0.0.1', '[::2]', '127.example.com', ''])
      expect(isLoopback(name)).toBe(false)
    expect(splitPort('[::1]:80')).toEqual({ hostname: '[::1]', port: '80' })
    expect(splitPort('h')).toEqual({ hostname: 'h', port: '' })
    expect(splitPort('::1')).toEqual({ hostname: '::1', port: '' })
  })
})
