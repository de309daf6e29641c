// SPDX-License-Identifier: Apache-2.0
import { DataLossError } from '@containerd-ts/errdefs'

/** A part that every server sends. @throws {DataLossError} the answer lacks it */
export function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new DataLossError(`the answer holds no ${name}`)
  return value
}
