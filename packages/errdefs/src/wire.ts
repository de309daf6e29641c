// SPDX-License-Identifier: Apache-2.0
import { Code, codeFromNumber } from './code.ts'
import { classesByCode, classesBySuffix, UnknownError } from './classes.ts'
import { describe } from './coded-error.ts'
import type { CodedError } from './coded-error.ts'
import { codeOf } from './predicates.ts'

/** What an RPC carries of an error: code and text. */
export interface WireStatus {
  readonly code: Code
  readonly message: string
}

const suffixByCode = new Map<Code, string>(
  [...classesByCode].map(([code, Class]) => [code, new Class('').suffix] as const),
)

/**
 * Turns any error into code and text for the wire. By the original's convention the text ends in
 * `: <class text>`, which receivers strip again; errors of no class travel as Unknown with their text alone.
 */
export function toWireStatus(error: unknown): WireStatus {
  const code = codeOf(error)
  const coded = findCoded(error)
  const text = describe(error)
  const suffix = coded?.suffix ?? (code === Code.Unknown ? undefined : suffixByCode.get(code))
  if (suffix === undefined || suffix === 'unknown') return { code, message: text }
  if (text === '' || text === suffix) return { code, message: suffix }
  return { code, message: text.endsWith(`: ${suffix}`) ? text : `${text}: ${suffix}` }
}

function findCoded(error: unknown): CodedError | undefined {
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 32; depth++) {
    if (typeof (e as Partial<CodedError>).suffix === 'string' && typeof (e as Partial<CodedError>).code === 'number') {
      return e as CodedError
    }
    e = e.cause
  }
  return undefined
}

/** The coded error for a status from the wire; the class text at the end of the message picks the class. */
export function fromWireStatus(code: number, message: string, options?: ErrorOptions): CodedError {
  const known = codeFromNumber(code)
  for (const [suffix, Class] of classesBySuffix) {
    if (message !== suffix && !message.endsWith(`: ${suffix}`)) continue
    const error = new Class(message, options)
    if (error.code === known) return error
  }
  return new (classesByCode.get(known) ?? UnknownError)(message, options)
}
