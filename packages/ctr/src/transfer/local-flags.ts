// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** Flags about certificates: the daemon has a configuration of its own for them. */
export const tlsFlags = ['skip-verify', 'tlscacert', 'tlscert', 'tlskey'] as const

/** Refuses flags that only the local way honours. @throws {InvalidArgumentError} one is set */
export function refuseLocalFlags(flags: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const given = names.find((name) => flags[name] !== undefined && flags[name] !== false)
  if (given !== undefined) throw new InvalidArgumentError(`"--${given}" requires "--local" flag`)
}
