// SPDX-License-Identifier: Apache-2.0
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { BootstrapParamsSchema, BootstrapResultSchema } from '@containerd-ts/api/runtime/bootstrap/v1/bootstrap_pb'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeWireParams, decodeWireResult, encodeWireParams, encodeWireResult } from './wire.ts'

const text = fc.string({ unit: 'grapheme' })
const any = fc.record({ typeUrl: text, value: fc.uint8Array() })
const params = fc.record({
  instanceId: text,
  namespace: text,
  logLevel: fc.integer({ min: -8, max: 12 }),
  containerdVersion: text,
  containerdTtrpcAddress: text,
  containerdGrpcAddress: text,
  containerdBinary: text,
  extensions: fc.array(any, { maxLength: 3 }),
  socketDir: fc.option(text, { nil: undefined }),
})
const result = fc.record({
  version: fc.integer({ min: 0, max: 9 }),
  address: text,
  protocol: text,
  capabilities: fc.array(fc.nat(5)),
  metadata: fc.dictionary(fc.stringMatching(/^[a-z.]{1,9}$/), text, { noNullPrototype: true }),
})

describe('bootstrap messages by hand', () => {
  it('are those of the generated code, both ways', () => {
    fc.assert(
      fc.property(params, ({ extensions, socketDir, ...rest }) => {
        const message = create(BootstrapParamsSchema, {
          ...rest,
          extensions: extensions.map((value) => ({ value })),
          ...(socketDir !== undefined && { socketDir }),
        })
        const bytes = toBinary(BootstrapParamsSchema, message)
        expect(decodeWireParams(bytes)).toEqual({ ...rest, extensions, socketDir })
        expect(fromBinary(BootstrapParamsSchema, encodeWireParams({ ...rest, extensions, socketDir }))).toEqual(message)
      }),
    )
    fc.assert(
      fc.property(result, (value) => {
        const bytes = toBinary(BootstrapResultSchema, create(BootstrapResultSchema, value))
        expect(decodeWireResult(bytes)).toEqual(value)
        expect(fromBinary(BootstrapResultSchema, encodeWireResult(value))).toEqual(create(BootstrapResultSchema, value))
      }),
    )
  })

  it('skip fields of the future and fail on broken bytes', () => {
    const bytes = encodeWireResult({ version: 3, address: 'a', protocol: 'ttrpc', capabilities: [], metadata: {} })
    const future = Uint8Array.from([...bytes, 0xf8, 0x06, 0x01])
    expect(decodeWireResult(future)).toMatchObject({ version: 3, address: 'a' })
    expect(() => decodeWireParams(Uint8Array.from([0x0a, 0x7f, 0x61]))).toThrow()
  })
})
