// SPDX-License-Identifier: Apache-2.0

const defaultGraceMs = 10_000

/**
 * A signal for calls that change something: it fires a while after `signal`. A call that was cancelled may still
 * happen on the other side; one that is allowed to finish can be undone.
 */
export function graceSignal(signal: AbortSignal | undefined, graceMs = defaultGraceMs): AbortSignal | undefined {
  if (signal === undefined) return undefined
  const late = new AbortController()
  const arm = (): void => {
    setTimeout(() => late.abort(signal.reason), graceMs).unref()
  }
  if (signal.aborted) arm()
  else signal.addEventListener('abort', arm, { once: true })
  return late.signal
}
