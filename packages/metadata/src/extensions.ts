// SPDX-License-Identifier: Apache-2.0
import type { TypedAny } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** What clients attach to containers and sandboxes. Writing merges: only new values are taken over, none goes. */
export type Extensions = Readonly<Record<string, TypedAny>>

/** @throws {InvalidArgumentError} an extension without a key */
export function checkExtensions(extensions: Extensions, what: string): void {
  if (Object.hasOwn(extensions, '')) throw new InvalidArgumentError(`${what}.Extensions keys must not be empty`)
}

/** One extension taken over from `given`; missing there, the stored one stays. */
export function withExtension(current: Extensions, given: Extensions | undefined, key: string): Extensions {
  const value = given !== undefined && Object.hasOwn(given, key) ? given[key] : undefined
  return value === undefined ? current : { ...current, [key]: value }
}
