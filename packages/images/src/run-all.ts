// SPDX-License-Identifier: Apache-2.0

/**
 * Does the work for all items at once. The first failure stops the others, and is thrown once they have ended:
 * nothing goes on behind the caller's back.
 */
export async function runAll<T>(
  items: readonly T[],
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  let failure: { readonly error: unknown } | undefined
  await Promise.all(
    items.map(async (item) => {
      try {
        both.throwIfAborted()
        await work(item, both)
      } catch (error) {
        failure ??= { error }
        stop.abort(error)
      }
    }),
  )
  if (failure !== undefined) throw failure.error
}
