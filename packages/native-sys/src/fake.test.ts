// SPDX-License-Identifier: Apache-2.0
import { errnoOf } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { recordSyscalls } from './fake.ts'
import { SyscallError } from './index.ts'
import { native } from './native/native.ts'

describe('recording fake', () => {
  it('answers every call the kernel face has', () => {
    expect(Object.keys(recordSyscalls().sys).sort()).toEqual(Object.keys(native).sort())
  })

  it('remembers arguments in order', async () => {
    const { sys, calls, of } = recordSyscalls()
    await sys.mount({ source: 'tmpfs', target: '/m', type: 'tmpfs' })
    await sys.unmount('/m', { lazy: true })
    expect(calls.map((call) => call.name)).toEqual(['mount', 'unmount'])
    expect(of('unmount')).toEqual([['/m', { lazy: true }]])
  })

  it('gives fresh descriptors and processes that end with 0', async () => {
    const { sys } = recordSyscalls()
    expect(sys.dup(1)).not.toBe(sys.dup(1))
    const child = sys.spawn({ path: '/bin/true', argv: ['true'], env: {} })
    expect(await child.exited).toMatchObject({ pid: child.pid, status: 0 })
  })

  it('plays faults', async () => {
    const { sys, of } = recordSyscalls({
      mount: async ({ target }) => {
        throw new SyscallError({ code: 'EBUSY', errno: -16, syscall: 'mount', path: String(target) })
      },
    })
    const error = await sys.mount({ target: '/m' }).catch((cause: unknown) => cause)
    expect(errnoOf(error)).toBe('EBUSY')
    expect(of('mount')).toHaveLength(1)
  })
})
