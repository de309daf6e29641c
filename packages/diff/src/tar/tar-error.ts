// SPDX-License-Identifier: Apache-2.0
import { DataLossError, InvalidArgumentError } from '@containerd-ts/errdefs'

export const invalidHeader = (what: string): InvalidArgumentError =>
  new InvalidArgumentError(`invalid tar header: ${what}`)

export const truncated = (): DataLossError => new DataLossError('tar archive ends in the middle of an entry')
