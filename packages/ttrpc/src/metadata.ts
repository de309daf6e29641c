// SPDX-License-Identifier: Apache-2.0

/** Key/value pairs of a request; a repeated key keeps its values in order. Keys compare exactly. */
export type Metadata = ReadonlyMap<string, readonly string[]>

/** What callers may give: a plain object is enough. */
export type MetadataInit = Metadata | Readonly<Record<string, string | readonly string[]>>

/** Key that carries the containerd namespace over ttrpc. */
export const NAMESPACE_KEY = 'containerd-namespace-ttrpc'

/** Joins pairs from several places; keys are lower-cased, as receivers look only lower case up. Later places win. */
export function metadataOf(...inits: readonly (MetadataInit | undefined)[]): Metadata {
  const out = new Map<string, readonly string[]>()
  for (const init of inits) {
    if (init === undefined) continue
    const pairs =
      init instanceof Map ? init.entries() : Object.entries(init as Record<string, string | readonly string[]>)
    for (const [key, value] of pairs as Iterable<[string, string | readonly string[]]>) {
      out.set(key.toLowerCase(), typeof value === 'string' ? [value] : value)
    }
  }
  return out
}

/** The namespace a request names, if it names one. */
export const namespaceOf = (metadata: Metadata): string | undefined => metadata.get(NAMESPACE_KEY)?.[0]
