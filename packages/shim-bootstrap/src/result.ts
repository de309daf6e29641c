// SPDX-License-Identifier: Apache-2.0
import { InternalError, UnimplementedError } from '@containerd-ts/errdefs'
import { decodeWireResult, encodeWireResult } from './wire.ts'

/** What a shim answers to `start`: where its task API listens, and how to talk to it. */
export interface BootstrapResult {
  /** Version of the task API: 2 or 3. */
  readonly version: number
  readonly address: string
  /** `ttrpc` or `grpc`, in lower case. */
  readonly protocol: string
  readonly capabilities?: readonly number[] | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** Highest task API version this daemon speaks. */
export const MAX_TASK_VERSION = 3

/** How a shim prints its answer: `protobuf` for daemons from 2.3 on, `address` for all before. */
export type AnswerForm = 'protobuf' | 'address'

/** The bytes a shim writes to stdout; nothing may come before or after them. */
export function encodeStartOutput(result: BootstrapResult, form: AnswerForm): Uint8Array {
  if (form === 'address') return Buffer.from(result.address)
  const { version, address, protocol, capabilities = [], metadata = {} } = result
  return encodeWireResult({ version, address, protocol, capabilities: [...capabilities], metadata: { ...metadata } })
}

/**
 * Reads what a shim of any version printed: protobuf, JSON, or the bare address (then: task API 2 over ttrpc).
 * @throws {InternalError} there is no address in it
 * @throws {UnimplementedError} JSON that announces a newer task API than ours
 */
export function parseStartOutput(output: Uint8Array): BootstrapResult {
  const text = textOf(output)
  const result = text === undefined ? parseProtobuf(output) : parseText(text)
  if (result.address === '') throw new InternalError('shim answered start without an address')
  return result
}

/** The bytes as trimmed text, or nothing when they hold control characters, as every protobuf answer does. */
function textOf(output: Uint8Array): string | undefined {
  const printable = (byte: number): boolean => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
  return output.every(printable) ? Buffer.from(output).toString().trim() : undefined
}

function parseProtobuf(output: Uint8Array): BootstrapResult {
  try {
    const { version, address, protocol, capabilities, metadata } = decodeWireResult(output)
    return { version, address, protocol: protocol.toLowerCase(), capabilities, metadata }
  } catch (cause) {
    const head = JSON.stringify(Buffer.from(output.subarray(0, 200)).toString())
    throw new InternalError(`shim answered start with neither protobuf, JSON nor an address: ${head}`, { cause })
  }
}

function parseText(text: string): BootstrapResult {
  const result = text.startsWith('{') ? parseResultJson(text) : undefined
  if (result === undefined || result.version < 2) return { version: 2, address: text, protocol: 'ttrpc' }
  if (result.version > MAX_TASK_VERSION) {
    throw new UnimplementedError(`shim speaks task API ${result.version}, at most ${MAX_TASK_VERSION} is known`)
  }
  return result
}

/** JSON of an answer or of `bootstrap.json`; keys match in any case, as the original's decoder has it. */
export function parseResultJson(text: string): BootstrapResult | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null) return undefined
  const fields = new Map(Object.entries(json).map(([key, value]) => [key.toLowerCase(), value as unknown]))
  const { version, address, protocol } = Object.fromEntries(fields)
  if (typeof version !== 'number' || typeof address !== 'string') return undefined
  const capabilities = fields.get('capabilities')
  const metadata = fields.get('metadata')
  return {
    version,
    address,
    protocol: typeof protocol === 'string' ? protocol.toLowerCase() : '',
    ...(Array.isArray(capabilities) && { capabilities: capabilities.filter((c) => typeof c === 'number') }),
    ...(typeof metadata === 'object' && metadata !== null && { metadata: metadata as Record<string, string> }),
  }
}
