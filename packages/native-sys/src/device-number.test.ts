// SPDX-License-Identifier: Apache-2.0
import { statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { splitDevice } from './index.ts'

describe('splitDevice', () => {
  it('reads /dev/null as the kernel documents it', () => {
    expect(splitDevice(statSync('/dev/null', { bigint: true }).rdev)).toEqual({ major: 1, minor: 3 })
  })

  it.each([
    [0x0000_0000_0000_0801n, 8, 1],
    [0x0000_0000_1230_0445n, 4, 0x12345],
    [0x0000_1000_0000_0001n, 0x1000, 1],
  ])('splits %s', (device, major, minor) => {
    expect(splitDevice(device)).toEqual({ major, minor })
  })
})
