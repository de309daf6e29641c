// SPDX-License-Identifier: Apache-2.0
import { Code } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { native, SyscallError } from './index.ts'

const invalid = { code: Code.InvalidArgument }

describe('arguments are refused before the kernel sees them', () => {
  it.each(['', 'a\0b', new Uint8Array(), Uint8Array.of(0x61, 0)])('path %j', async (path) => {
    await expect(native.unmount(path)).rejects.toMatchObject(invalid)
    expect(() => native.openAt(3, path, { flags: 0 })).toThrow(expect.objectContaining(invalid))
  })

  it.each([-1, 1.5, Number.NaN, 2 ** 40])('descriptor %d', (fd) => {
    expect(() => native.dup(fd)).toThrow(expect.objectContaining(invalid))
    expect(() => native.relay({ from: fd, to: 1 })).toThrow(expect.objectContaining(invalid))
  })

  it('spawn needs a path with a slash and a name', () => {
    expect(() => native.spawn({ path: 'sh', argv: ['sh'], env: {} })).toThrow(expect.objectContaining(invalid))
    expect(() => native.spawn({ path: '/bin/sh', argv: [], env: {} })).toThrow(expect.objectContaining(invalid))
    expect(() => native.spawn({ path: '/bin/sh', argv: ['a\0b'], env: {} })).toThrow(expect.objectContaining(invalid))
  })

  it('signals, mappings and window sizes have bounds', async () => {
    expect(() => native.kill(1, 65)).toThrow(expect.objectContaining(invalid))
    expect(() => native.setWindowSize(1, { rows: 70000, columns: 1 })).toThrow(expect.objectContaining(invalid))
    const uidMappings = [{ containerId: 0, hostId: 0, size: 1 }]
    await expect(native.createNamespaces({ kinds: ['net'], uidMappings })).rejects.toMatchObject(invalid)
  })

  it('a message with descriptors holds a byte', async () => {
    await expect(native.sendFds(0, new Uint8Array(), [1])).rejects.toMatchObject(invalid)
  })
})

describe('errors look like those of node', () => {
  it('carry code, errno, syscall and path', async () => {
    const error = await native.statfs('/no/such/thing').catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(SyscallError)
    expect(error).toMatchObject({ code: 'ENOENT', errno: -2, syscall: 'statfs', path: '/no/such/thing' })
    expect((error as Error).message).toBe("ENOENT: statfs '/no/such/thing'")
  })

  it('synchronous calls throw the same', () => {
    expect(() => native.getXattrSync('/no/such/thing', 'user.x')).toThrow(
      expect.objectContaining({ code: 'ENOENT', path: '/no/such/thing' }),
    )
  })

  it('what is not a system error passes unchanged', () => {
    const other = new Error('else')
    expect(SyscallError.from(other)).toBe(other)
    expect(SyscallError.from('text')).toBe('text')
  })
})
