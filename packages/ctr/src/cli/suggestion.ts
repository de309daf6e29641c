// SPDX-License-Identifier: Apache-2.0
import { isUnavailable } from '@containerd-ts/errdefs'

/** What a person can do about an error, where we know it; the error itself holds no advice. */
export function suggestion(error: unknown): string {
  if (isUnavailable(error) && String(error).includes('socket'))
    return '\n  (is the daemon running, and is --address right?)'
  return ''
}
