// SPDX-License-Identifier: Apache-2.0
import type { Code } from './code.ts'

/**
 * Base of every error a caller can act on.
 * `code` travels over RPC; `suffix` is the class text that containerd clients look for at the end of a
 * message to tell apart classes that share a code (`conflict` and `not modified` both travel as 9).
 */
export abstract class CodedError extends Error {
  abstract readonly code: Code
  /** Class text of the original's error classes, such as `not found`. */
  abstract readonly suffix: string

  /** The message as it goes to the wire: ends in `: <suffix>` exactly once. */
  get wireMessage(): string {
    const text = describe(this)
    if (text === '' || text === this.suffix) return this.suffix
    return text.endsWith(`: ${this.suffix}`) ? text : `${text}: ${this.suffix}`
  }
}

/** The error's message followed by the messages of its causes, each once. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause
  if (cause === undefined || cause === null) return error.message
  const inner = describe(cause)
  if (inner === '' || error.message.includes(inner)) return error.message
  return error.message === '' ? inner : `${error.message}: ${inner}`
}
