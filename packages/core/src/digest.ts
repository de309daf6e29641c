// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** `<algorithm>:<hex>`, lower case, as the OCI image specification writes it. */
export type Digest = string & { readonly __brand: 'Digest' }

const hexLength: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }

/**
 * Parses a digest once, at the edge.
 * @throws {InvalidArgumentError} unknown algorithm, wrong length or not hexadecimal
 */
export function parseDigest(value: string): Digest {
  const colon = value.indexOf(':')
  const length = colon > 0 ? hexLength[value.slice(0, colon)] : undefined
  if (colon <= 0) throw new InvalidArgumentError(`digest "${value}": invalid checksum digest format`)
  if (length === undefined) throw new InvalidArgumentError(`digest "${value}": unsupported digest algorithm`)
  const hex = value.slice(colon + 1)
  if (hex.length !== length) throw new InvalidArgumentError(`digest "${value}": invalid checksum digest length`)
  if (!/^[0-9a-f]+$/.test(hex)) throw new InvalidArgumentError(`digest "${value}": invalid checksum digest format`)
  return value as Digest
}

/** Whether `value` is a well-formed digest. */
export function isDigest(value: string): value is Digest {
  try {
    parseDigest(value)
    return true
  } catch {
    return false
  }
}

/** Joins an algorithm and the hexadecimal sum, without checking them again. */
export const digestOf = (algorithm: string, hex: string): Digest => `${algorithm}:${hex}` as Digest

export const digestAlgorithm = (digest: Digest): string => digest.slice(0, digest.indexOf(':'))
export const digestHex = (digest: Digest): string => digest.slice(digest.indexOf(':') + 1)
