// SPDX-License-Identifier: Apache-2.0
/** Everything an async iterable yields, mapped, for answers that hold a whole list. */
export async function collect<T, R>(items: AsyncIterable<T>, map: (item: T) => R): Promise<R[]> {
  const out: R[] = []
  for await (const item of items) out.push(map(item))
  return out
}

/** Yields arrays of at most `size` items; none at all for an empty source. */
export async function* batches<T, R>(items: AsyncIterable<T>, size: number, map: (item: T) => R): AsyncGenerator<R[]> {
  let batch: R[] = []
  for await (const item of items) {
    batch.push(map(item))
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
