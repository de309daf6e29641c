// SPDX-License-Identifier: Apache-2.0
import { isNotFound, isUnavailable } from '@containerd-ts/errdefs'

/** What a person can do about an error, where we know it; the error itself holds no advice. */
export function suggestion(error: unknown): string {
  const text = String(error)
  if (isUnavailable(error) && text.includes('socket')) return '\n  (is the daemon running, and is --address right?)'
  const [, image] = /image "([^"/]+)": not found/.exec(text) ?? []
  if (isNotFound(error) && image !== undefined) {
    return `\n  (images are stored under full names, such as docker.io/library/${image.includes(':') ? image : `${image}:latest`})`
  }
  return ''
}
