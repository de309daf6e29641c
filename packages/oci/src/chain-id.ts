// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { digestOf } from '@containerd-ts/core'
import type { Digest } from '@containerd-ts/core'

/** Digest of bytes, SHA-256. */
export const digestBytes = (bytes: Uint8Array | string): Digest =>
  digestOf('sha256', createHash('sha256').update(bytes).digest('hex'))

/**
 * Chain IDs of a stack of layers, from the bottom: the first is the diff ID itself, every other is the digest of
 * its parent chain and its own diff ID.
 * @see OCI image specification, config.md: Layer ChainID
 */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chain: Digest[] = []
  for (const diffId of diffIds) {
    const parent = chain.at(-1)
    chain.push(parent === undefined ? diffId : digestBytes(`${parent} ${diffId}`))
  }
  return chain
}

/** The top of the chain; absent without layers. */
export const chainId = (diffIds: readonly Digest[]): Digest | undefined => chainIds(diffIds).at(-1)
