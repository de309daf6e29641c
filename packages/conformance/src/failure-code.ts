// SPDX-License-Identifier: Apache-2.0
import { codeOf, type Code } from '@containerd-ts/errdefs'

/** The code that a promise rejects with. */
export async function codeOfFailure(promise: Promise<unknown>): Promise<Code | 'no failure'> {
  try {
    await promise
    return 'no failure'
  } catch (error) {
    return codeOf(error)
  }
}
