// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** A submessage that a request must have: clients may leave any out. @throws {InvalidArgumentError} */
export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new InvalidArgumentError(`${name} is required`)
  return value
}
