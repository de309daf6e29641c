// SPDX-License-Identifier: Apache-2.0
import type { ContainerdClient } from '@containerd-ts/client'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { warnOfDeprecations } from './deprecation-warnings.ts'

const written = vi.hoisted(() => [] as string[])
vi.mock('../output/write-bytes.ts', () => ({ writeText: (_fd: number, text: string) => void written.push(text) }))

const suppressor = 'CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS'

/** A client of which only what is asked here exists. */
const clientWith = (server: () => Promise<unknown>): ContainerdClient =>
  ({ introspection: { server }, [Symbol.asyncDispose]: async () => {} }) as unknown as ContainerdClient

const deprecated = clientWith(async () => ({ deprecations: [{ message: 'this is old' }] }))

describe('deprecation warnings', () => {
  afterEach(() => {
    written.length = 0
    delete process.env[suppressor]
  })

  it('are printed by the end of the command', async () => {
    await warnOfDeprecations(deprecated)[Symbol.asyncDispose]()
    expect(written).toEqual(['DEPRECATION: this is old\n'])
  })

  it('can be switched off', async () => {
    process.env[suppressor] = 'true'
    await warnOfDeprecations(deprecated)[Symbol.asyncDispose]()
    expect(written).toEqual([])
  })

  it('are no reason to fail or to wait', async () => {
    const failing = clientWith(() => Promise.reject(new Error('too old')))
    await warnOfDeprecations(failing)[Symbol.asyncDispose]()
    const { promise } = Promise.withResolvers<never>()
    const silent = ({ signal }: { signal: AbortSignal }): Promise<never> =>
      Promise.race([
        promise,
        new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ])
    await warnOfDeprecations(clientWith(silent as unknown as () => Promise<unknown>))[Symbol.asyncDispose]()
    expect(written).toEqual([])
  })
})
