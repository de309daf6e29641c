// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/**
 * Does something for every argument; a failure does not keep the others from their turn. Answers those that
 * went well.
 *
 * @throws {InvalidArgumentError} no arguments; else the first failure, once all had their turn
 */
export async function eachOf(
  ids: readonly string[],
  work: (id: string) => Promise<void>,
  onError?: (id: string, error: unknown) => void,
): Promise<readonly string[]> {
  if (ids.length === 0) throw new InvalidArgumentError('at least one argument is required')
  const done: string[] = []
  const failures: unknown[] = []
  for (const id of ids) {
    try {
      await work(id)
      done.push(id)
    } catch (error) {
      onError?.(id, error)
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
  return done
}
