// SPDX-License-Identifier: Apache-2.0
import { describe as suite, expect, it } from 'vitest'
import {
  Code,
  codeOf,
  ConflictError,
  errnoOf,
  fromWireStatus,
  isNotFound,
  NotFoundError,
  toWireStatus,
} from './index.ts'

suite('errdefs', () => {
  it('finds the code through causes', () => {
    const error = new Error('pull failed', { cause: NotFoundError.of('image', 'x') })
    expect(isNotFound(error)).toBe(true)
    expect(toWireStatus(error)).toEqual({ code: Code.NotFound, message: 'pull failed: image x: not found' })
  })

  it('maps aborts and timeouts', () => {
    expect(codeOf(new DOMException('stop', 'AbortError'))).toBe(Code.Canceled)
    expect(codeOf(AbortSignal.timeout(0).reason ?? new DOMException('late', 'TimeoutError'))).toBe(
      Code.DeadlineExceeded,
    )
  })

  it('adds the class text once', () => {
    expect(toWireStatus(new NotFoundError('task a')).message).toBe('task a: not found')
    expect(toWireStatus(new NotFoundError('task a: not found')).message).toBe('task a: not found')
    expect(toWireStatus(new ConflictError('')).message).toBe('conflict')
  })

  it('keeps classes apart that share a code', () => {
    const back = fromWireStatus(9, 'x: conflict')
    expect(back).toBeInstanceOf(ConflictError)
    expect(fromWireStatus(9, 'x').name).toBe('FailedPreconditionError')
    expect(fromWireStatus(99, 'x').code).toBe(Code.Unknown)
  })

  it('leaves plain errors as Unknown with their text', () => {
    expect(toWireStatus(new Error('boom'))).toEqual({ code: Code.Unknown, message: 'boom' })
  })

  it('reads errno names, not codes', () => {
    const error = Object.assign(new Error('x'), { code: 'ENOENT' })
    expect(errnoOf(new Error('y', { cause: error }))).toBe('ENOENT')
    expect(codeOf(error)).toBe(Code.Unknown)
  })
})
