// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { graceSignal } from './call-grace.ts'

describe('grace signal', () => {
  it('fires a while after the first, with its reason', async () => {
    const first = new AbortController()
    const late = graceSignal(first.signal, 20)
    const reason = new Error('enough')
    first.abort(reason)
    expect(late?.aborted).toBe(false)
    await new Promise((resolve) => late?.addEventListener('abort', resolve))
    expect(late?.reason).toBe(reason)
  })

  it('counts from now when the first has fired already', async () => {
    const late = graceSignal(AbortSignal.abort(), 10)
    expect(late?.aborted).toBe(false)
    await new Promise((resolve) => late?.addEventListener('abort', resolve))
  })

  it('is none without a first', () => expect(graceSignal(undefined)).toBeUndefined())
})
