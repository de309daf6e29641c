// SPDX-License-Identifier: Apache-2.0
import type { TypedAny } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { AnswerForm } from './result.ts'
import { decodeAny, decodeWireParams, encodeAny, encodeWireParams, type WireParams } from './wire.ts'

/** Most bytes of stdin a shim reads. */
export const MAX_START_INPUT_BYTES = 10 << 20

/** What a daemon tells a shim that it starts. */
export interface StartParams {
  readonly id: string
  readonly namespace: string
  /** Severity: -8 trace, -4 debug, 0 info, 4 warn, 8 error, 10 fatal, 12 panic; others mean the nearest. */
  readonly logLevel: number
  readonly containerdVersion: string
  readonly ttrpcAddress: string
  readonly grpcAddress: string
  readonly containerdBinary: string
  /** Runtime options, unchanged. */
  readonly options?: TypedAny | undefined
  readonly socketDir?: string | undefined
}

/** What a shim knows when it starts, from whatever daemon. */
export interface StartInput extends StartParams {
  /** How this daemon reads the answer. */
  readonly answer: AnswerForm
}

/** What a shim takes from its flags and environment, as the fallback. */
export type StartFlags = Omit<StartParams, 'options' | 'socketDir' | 'containerdVersion'>

/** stdin of `start` for shims from 2.3 on. */
export function encodeParams(params: StartParams): Uint8Array {
  return encodeWireParams({
    instanceId: params.id,
    namespace: params.namespace,
    logLevel: params.logLevel,
    containerdVersion: params.containerdVersion,
    containerdTtrpcAddress: params.ttrpcAddress,
    containerdGrpcAddress: params.grpcAddress,
    containerdBinary: params.containerdBinary,
    extensions: params.options === undefined ? [] : [params.options],
    socketDir: params.socketDir,
  })
}

/** stdin of `start` for shims before 2.3, and of `-info` for all: the options alone, or nothing. */
export function encodeOptions(options: TypedAny | undefined): Uint8Array {
  return options === undefined ? new Uint8Array(0) : encodeAny(options)
}

/** Options from stdin in that form; none when it is empty. @throws {InvalidArgumentError} */
export function decodeOptions(input: Uint8Array): TypedAny | undefined {
  if (input.length === 0) return undefined
  try {
    const { typeUrl, value } = decodeAny(input)
    return typeUrl === '' && value.length === 0 ? undefined : { typeUrl, value }
  } catch (cause) {
    throw new InvalidArgumentError('stdin holds no runtime options', { cause })
  }
}

/**
 * Reads stdin of `start`, whoever sent it. An options Any of an older daemon often decodes as parameters too (its
 * fields 1 and 2 are text and bytes), so parameters count only when they name the instance of `-id`.
 * @throws {InvalidArgumentError} it is neither
 */
export function readStartInput(input: Uint8Array, flags: StartFlags): StartInput {
  const params = input.length === 0 ? undefined : tryParams(input)
  if (params === undefined || params.instanceId !== flags.id) {
    return { ...flags, containerdVersion: '', options: decodeOptions(input), answer: 'address' }
  }
  const any = params.extensions.find((extension) => extension !== undefined)
  return {
    id: params.instanceId,
    namespace: params.namespace || flags.namespace,
    logLevel: params.logLevel,
    containerdVersion: params.containerdVersion,
    ttrpcAddress: params.containerdTtrpcAddress || flags.ttrpcAddress,
    grpcAddress: params.containerdGrpcAddress || flags.grpcAddress,
    containerdBinary: params.containerdBinary || flags.containerdBinary,
    ...(any !== undefined && { options: { typeUrl: any.typeUrl, value: any.value } }),
    ...(params.socketDir !== undefined && { socketDir: params.socketDir }),
    answer: 'protobuf',
  }
}

function tryParams(input: Uint8Array): WireParams | undefined {
  try {
    return decodeWireParams(input)
  } catch {
    return undefined
  }
}
