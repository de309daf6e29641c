// SPDX-License-Identifier: Apache-2.0
import type { TypedAny } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** The OCI process of an exec request, JSON; the request decides whether it has a terminal. @throws {InvalidArgumentError} */
export function execSpecOf(spec: TypedAny | undefined, terminal: boolean): string {
  try {
    const process = JSON.parse(new TextDecoder().decode(spec?.value)) as Record<string, unknown>
    return JSON.stringify({ ...process, terminal })
  } catch (cause) {
    throw new InvalidArgumentError('exec spec is no JSON', { cause })
  }
}
