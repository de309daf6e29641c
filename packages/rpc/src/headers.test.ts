// SPDX-License-Identifier: Apache-2.0
import { Code, toWireStatus } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { callOptionsOf, leaseOf, namespaceOf, requireNamespace, scopeHeaders, scopeTtrpcMetadata } from './headers.ts'

const thrown = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

describe('namespace and lease', () => {
  it('travel under the names of the original', () => {
    expect(scopeHeaders({ namespace: 'default', lease: 'l' })).toEqual({
      'containerd-namespace': 'default',
      'containerd-lease': 'l',
    })
    expect(scopeHeaders({})).toEqual({})
    expect(scopeTtrpcMetadata({ namespace: 'default', lease: 'l' })).toEqual([
      { key: 'containerd-namespace-ttrpc', value: 'default' },
      { key: 'containerd-lease', value: 'l' },
    ])
  })

  it('are read from either protocol', () => {
    expect(namespaceOf(new Headers({ 'containerd-namespace': 'a' }))).toBe('a')
    expect(namespaceOf(new Map([['containerd-namespace-ttrpc', 'b']]))).toBe('b')
    expect(leaseOf(new Headers({ 'containerd-lease': 'any / text' }))).toBe('any / text')
    expect(leaseOf(new Headers())).toBeUndefined()
  })

  it('of several values take the first', () => {
    const headers = new Headers([
      ['containerd-namespace', 'one'],
      ['containerd-namespace', 'two'],
    ])
    expect(requireNamespace(headers)).toBe('one')
  })

  it('fail as the original does when the namespace is missing, empty or malformed', () => {
    for (const headers of [new Headers(), new Headers({ 'containerd-namespace': '' })]) {
      expect(toWireStatus(thrown(() => requireNamespace(headers)))).toEqual({
        code: Code.FailedPrecondition,
        message: 'namespace is required: failed precondition',
      })
    }
    expect(toWireStatus(thrown(() => requireNamespace(new Headers({ 'containerd-namespace': 'a/b' })))).code).toBe(
      Code.InvalidArgument,
    )
  })

  it("become the contracts' call options", () => {
    const { signal } = new AbortController()
    expect(callOptionsOf({ signal, requestHeader: new Headers({ 'containerd-lease': 'l' }) })).toEqual({
      signal,
      lease: 'l',
    })
  })
})
