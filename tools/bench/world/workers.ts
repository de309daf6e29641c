// SPDX-License-Identifier: Apache-2.0

/** Does `count` pieces of work, at most `workers` at a time, and gives their results in no order. */
export async function perWorker<T>(
  workers: number,
  count: number,
  work: (index: number) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = []
  let next = 0
  const worker = async () => {
    while (next < count) results.push(await work(next++))
  }
  await Promise.all(Array.from({ length: workers }, worker))
  return results
}
