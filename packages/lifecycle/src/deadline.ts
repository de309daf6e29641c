// SPDX-License-Identifier: Apache-2.0
import { DeadlineExceededError } from '@containerd-ts/errdefs'

/** A signal that also fires after some time; disposal stops the clock. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal
}

/**
 * Fires with DeadlineExceeded after `timeoutMs`, or with `signal`'s own reason when that fires first.
 * @param timeoutMs - 0 or less fires at once; `undefined` adds no limit
 */
export function deadline(timeoutMs: number | undefined, signal?: AbortSignal, what = 'operation'): Deadline {
  const controller = new AbortController()
  const onAbort = (): void => controller.abort(signal?.reason)
  if (signal?.aborted) controller.abort(signal.reason)
  else signal?.addEventListener('abort', onAbort, { once: true })
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => controller.abort(new DeadlineExceededError(`${what} took longer than ${timeoutMs} ms`)),
          Math.min(Math.max(timeoutMs, 0), 2 ** 31 - 1),
        )
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    },
  }
}

/** Waits, or rejects with the signal's reason. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
