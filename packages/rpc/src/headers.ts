// SPDX-License-Identifier: Apache-2.0
import { parseNamespace } from '@containerd-ts/core'
import type { CallOptions, Namespace } from '@containerd-ts/core'
import { FailedPreconditionError, InvalidArgumentError } from '@containerd-ts/errdefs'

/** Metadata keys by which a call says where it belongs. */
export const MetadataKey = {
  namespace: 'containerd-namespace',
  /** ttrpc has its own; the lease key is the same on both. */
  namespaceTtrpc: 'containerd-namespace-ttrpc',
  lease: 'containerd-lease',
} as const

/** Metadata of either protocol: Connect's Headers, or ttrpc's as a Map. */
export interface MetadataReader {
  get(key: string): string | null | undefined
}

/** What a caller says with every call. */
export interface CallScope {
  readonly namespace?: string | undefined
  readonly lease?: string | undefined
}

/** Headers for a scope. */
export function scopeHeaders({ namespace, lease }: CallScope): Record<string, string> {
  return {
    ...(namespace === undefined ? {} : { [MetadataKey.namespace]: namespace }),
    ...(lease === undefined ? {} : { [MetadataKey.lease]: lease }),
  }
}

/** ttrpc metadata for a scope, as key and value pairs. */
export function scopeTtrpcMetadata({
  namespace,
  lease,
}: CallScope): readonly { readonly key: string; readonly value: string }[] {
  return [
    ...(namespace === undefined ? [] : [{ key: MetadataKey.namespaceTtrpc, value: namespace }]),
    ...(lease === undefined ? [] : [{ key: MetadataKey.lease, value: lease }]),
  ]
}

/** The namespace, unchecked; undefined when none or an empty one was sent. Of several values the first counts. */
export const namespaceOf = (metadata: MetadataReader): string | undefined =>
  first(metadata, MetadataKey.namespace) ?? first(metadata, MetadataKey.namespaceTtrpc)

/**
 * The namespace of a call that needs one.
 *
 * @throws {FailedPreconditionError} none was sent
 * @throws {InvalidArgumentError} it breaks the grammar of identifiers
 */
export function requireNamespace(metadata: MetadataReader): Namespace {
  const namespace = namespaceOf(metadata)
  if (namespace === undefined) throw new FailedPreconditionError('namespace is required')
  try {
    return parseNamespace(namespace)
  } catch (cause) {
    throw new InvalidArgumentError(`namespace validation: ${(cause as Error).message}`, { cause })
  }
}

/** The lease that is to own what the call creates. Lease ids have no grammar. */
export const leaseOf = (metadata: MetadataReader): string | undefined => first(metadata, MetadataKey.lease)

/** A handler's context as the contracts of `core` want it: its signal, the caller's lease and namespace. */
export function callOptionsOf(context: {
  readonly signal: AbortSignal
  readonly requestHeader: MetadataReader
}): CallOptions {
  const { signal, requestHeader } = context
  return { signal, lease: leaseOf(requestHeader), namespace: namespaceOf(requestHeader) }
}

function first(metadata: MetadataReader, key: string): string | undefined {
  // Both HTTP stacks join repeated headers by a comma.
  const value = metadata.get(key)?.split(',', 1)[0]?.trim()
  return value === undefined || value === '' ? undefined : value
}
