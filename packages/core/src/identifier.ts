// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** A containerd namespace: isolates names of images, containers, content and snapshots. */
export type Namespace = string & { readonly __brand: 'Namespace' }

const maxIdentifierBytes = 76
const identifierPattern = /^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$/

/**
 * Checks the grammar shared by namespaces, container ids, sandbox ids and topic components: alphanumeric
 * runs joined by single `.`, `_` or `-`, 1 to 76 bytes.
 * @throws {InvalidArgumentError} naming the value and the rule it breaks
 */
export function checkIdentifier(value: string): string {
  if (value === '') throw new InvalidArgumentError('identifier must not be empty')
  if (Buffer.byteLength(value) > maxIdentifierBytes) {
    throw new InvalidArgumentError(
      `identifier "${value}" greater than maximum length (${maxIdentifierBytes} characters)`,
    )
  }
  if (!identifierPattern.test(value)) {
    throw new InvalidArgumentError(`identifier "${value}" must match ${identifierPattern.source}`)
  }
  return value
}

/** Parses a namespace once, at the edge. */
export const parseNamespace = (value: string): Namespace => checkIdentifier(value) as Namespace
