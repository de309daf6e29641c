// SPDX-License-Identifier: Apache-2.0
import { isDigest } from '@containerd-ts/core'
import type { Digest } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** A name as Docker users write it, taken apart and completed. */
export interface NormalisedName {
  /** Registry, such as `docker.io`. */
  readonly domain: string
  /** Path, such as `library/busybox`. */
  readonly path: string
  readonly tag?: string | undefined
  readonly digest?: Digest | undefined
}

const pathPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const tagPattern = /^\w[\w.-]{0,127}$/
const domainPattern =
  /^(?:\[[0-9A-Fa-f:]+\]|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)(?::\d+)?$/

/**
 * Completes `busybox` to docker.io's `library/busybox`, as Docker does; used for names in archives only.
 * @throws {InvalidArgumentError}
 */
export function normaliseName(text: string): NormalisedName {
  const bad = (why: string): InvalidArgumentError => new InvalidArgumentError(`invalid image name "${text}": ${why}`)
  if (/^[0-9a-f]{64}$/.test(text)) throw bad('64 hexadecimal digits are an id, not a name')
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  if (digest !== undefined && !isDigest(digest)) throw bad('invalid digest')
  const named = at < 0 ? text : text.slice(0, at)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const tag = hasTag ? named.slice(colon + 1) : undefined
  const name = hasTag ? named.slice(0, colon) : named
  const slash = name.indexOf('/')
  const head = slash < 0 ? '' : name.slice(0, slash)
  const isDomain = /[.:]/.test(head) || head === 'localhost' || head.toLowerCase() !== head
  let domain = isDomain ? head : 'docker.io'
  let path = isDomain ? name.slice(slash + 1) : name
  if (domain === 'index.docker.io') domain = 'docker.io'
  if (domain === 'docker.io' && !path.includes('/')) path = `library/${path}`
  if (path.toLowerCase() !== path) throw bad('repository name must be lowercase')
  if (!domainPattern.test(domain) || !pathPattern.test(path) || (tag !== undefined && !tagPattern.test(tag))) {
    throw bad('invalid reference format')
  }
  return { domain, path, tag, digest }
}

const objectText = (name: NormalisedName): string =>
  (name.tag === undefined ? '' : `:${name.tag}`) + (name.digest === undefined ? '' : `@${name.digest}`)

/** `docker.io/library/busybox:latest`; a missing tag becomes `latest` unless there is a digest. */
export function fullName(name: NormalisedName): string {
  const tag = name.tag ?? (name.digest === undefined ? 'latest' : undefined)
  return `${name.domain}/${name.path}${objectText({ ...name, tag })}`
}

/** The shortest form that normalises to the same name. */
export function familiarName(name: NormalisedName): string {
  const short =
    name.domain === 'docker.io' ? name.path.replace(/^library\/(?=[^/]+$)/, '') : `${name.domain}/${name.path}`
  return short + objectText(name)
}
