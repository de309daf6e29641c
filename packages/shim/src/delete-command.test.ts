// SPDX-License-Identifier: Apache-2.0
import { fromBinary } from '@bufbuild/protobuf'
import { fromTimestamp } from '@containerd-ts/api'
import { DeleteResponseSchema } from '@containerd-ts/api/runtime/task/v2/shim_pb'
import { describe, expect, it } from 'vitest'
import { encodeResult } from './delete-command.ts'

describe('what the daemon hears', () => {
  it('is a DeleteResponse', () => {
    const exitedAt = new Date(1_700_000_000_123)
    const known = fromBinary(DeleteResponseSchema, encodeResult({ pid: 42, exitStatus: 137, exitedAt }))
    expect(known).toMatchObject({ pid: 42, exitStatus: 137 })
    expect(fromTimestamp(known.exitedAt)).toEqual(exitedAt)
    expect(fromBinary(DeleteResponseSchema, encodeResult({ pid: undefined, exitStatus: 137, exitedAt })).pid).toBe(
      4_294_967_295,
    )
  })
})
