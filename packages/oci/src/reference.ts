// SPDX-License-Identifier: Apache-2.0
import { isDigest } from '@containerd-ts/core'
import type { Digest } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** A full image reference, `<host>/<path>[:<tag>][@<digest>]`, as registries are asked with it. */
export interface Reference {
  /** Host with its port, and path: what comes before tag and digest. */
  readonly locator: string
  /** Host with its port. */
  readonly host: string
  /** Repository path inside the registry. */
  readonly repository: string
  /** `tag`, `@digest`, `tag@digest`, or empty. */
  readonly object: string
  readonly tag: string
  readonly digest?: Digest | undefined
}

const invalid = (ref: string, why: string): InvalidArgumentError =>
  new InvalidArgumentError(`invalid reference "${ref}": ${why}`)

/** What a short name such as `busybox` most likely means. */
function fullNameOf(ref: string): string {
  const [name = ref] = ref.split(/[:@]/)
  const rest = ref.slice(name.length)
  return `docker.io/${name.includes('/') ? '' : 'library/'}${name}${rest === '' ? ':latest' : rest}`
}

/**
 * Parses the strict form: nothing is added. The object starts at the first `:` or `@` of the path, so a port
 * stays with its host.
 * @throws {InvalidArgumentError} no host, a scheme, a bad digest
 */
export function parseReference(ref: string): Reference {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (ref.includes('://') || /[\u0000-\u0020\u007F]/.test(ref)) throw invalid(ref, 'no scheme, no blanks')
  const slash = ref.indexOf('/')
  const host = slash < 0 ? ref : ref.slice(0, slash)
  if (host === '') throw invalid(ref, 'hostname required')
  if (slash < 0 && /[:@]/.test(ref) && !/^\[?[0-9A-Za-z.:-]+\]?:\d+$/.test(ref)) {
    throw invalid(ref, `hostname required: a full name looks like ${fullNameOf(ref)}`)
  }
  const rest = slash < 0 ? '' : ref.slice(slash)
  const at = rest.search(/[:@]/)
  const repository = cleanPath(at < 0 ? rest : rest.slice(0, at))
  const object = at < 0 ? '' : rest.slice(rest[at] === ':' ? at + 1 : at)
  const marker = object.indexOf('@')
  const tag = marker < 0 ? object : object.slice(0, marker)
  const digest = marker < 0 ? '' : object.slice(marker + 1)
  if (digest !== '' && !isDigest(digest)) throw invalid(ref, `"${digest}" is not a digest`)
  return {
    locator: repository === '' ? host : `${host}/${repository}`,
    host,
    repository,
    object,
    tag,
    ...(isDigest(digest) ? { digest } : {}),
  }
}

/**
 * As `parseReference`, for what can be pulled: tag or digest must be there.
 * @throws {InvalidArgumentError} naming the full form when the name is short
 */
export function parsePullReference(ref: string): Reference {
  const parsed = parseReference(ref)
  if (parsed.object !== '') return parsed
  const hostLike = /[.:]/.test(parsed.host) || parsed.host === 'localhost'
  const full = hostLike && parsed.repository !== '' ? `${parsed.locator}:latest` : fullNameOf(ref)
  throw invalid(ref, `object required: a full name looks like ${full}`)
}

function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}
