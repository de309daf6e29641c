// SPDX-License-Identifier: Apache-2.0

/**
 * The connection ended before the answer: the peer went away, or this side closed.
 * Carries no code of its own, so it crosses an RPC as Unknown with the text the original uses.
 */
export class TtrpcClosedError extends Error {
  override readonly name = 'TtrpcClosedError'
  constructor(options?: ErrorOptions) {
    super('ttrpc: closed', options)
  }
}

/** Whether the error, or one of its causes, is a closed connection. Works across package copies. */
export function isTtrpcClosed(error: unknown): boolean {
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 32; depth++) {
    if (e.name === 'TtrpcClosedError') return true
    e = e.cause
  }
  return false
}
