// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { parse } from 'smol-toml'
import { parseDuration } from '@containerd-ts/lifecycle'
import { allCapabilities } from './registry-host.ts'
import type { HostCapability } from './registry-host.ts'

/** One host as a `hosts.toml` describes it; absent parts take defaults. */
export interface HostEntry {
  readonly scheme?: 'http' | 'https' | undefined
  readonly host?: string | undefined
  readonly path?: string | undefined
  readonly capabilities: ReadonlySet<HostCapability>
  /** Paths of PEM files, as written. */
  readonly ca: readonly string[]
  /** Certificate and key files, as written; the key is empty when one file holds both. */
  readonly client: readonly { readonly cert: string; readonly key: string }[]
  readonly skipVerify?: boolean | undefined
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly dialTimeoutMs?: number | undefined
}

type Table = Readonly<Record<string, unknown>>

const bad = (key: string, want: string): InvalidArgumentError =>
  new InvalidArgumentError(`hosts.toml: ${key} must be ${want}`)

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function strings(value: unknown, key: string): readonly string[] {
  if (value === undefined) return []
  if (typeof value === 'string') return [value]
  if (Array.isArray(value) && value.every((v) => typeof v === 'string')) return value
  throw bad(key, 'a string or a list of strings')
}

function bool(value: unknown, key: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw bad(key, 'a boolean')
}

function clientPairs(value: unknown): HostEntry['client'] {
  if (typeof value === 'string') return [{ cert: value, key: '' }]
  if (value === undefined) return []
  if (!Array.isArray(value)) throw bad('client', 'a string, a list of strings or a list of pairs')
  return value.map((item: unknown) => {
    if (typeof item === 'string') return { cert: item, key: '' }
    const pair = strings(item, 'client')
    if (pair.length < 1 || pair.length > 2) throw bad('client', 'a list of pairs of certificate and key')
    return { cert: pair[0] as string, key: pair[1] ?? '' }
  })
}

function capabilities(value: unknown): ReadonlySet<HostCapability> {
  const names = strings(value, 'capabilities')
  if (names.length === 0) return allCapabilities
  return new Set(
    names.map((name) => {
      const lower = name.toLowerCase() as HostCapability
      if (!allCapabilities.has(lower)) throw new InvalidArgumentError(`hosts.toml: unknown capability "${name}"`)
      return lower
    }),
  )
}

function headers(value: unknown): HostEntry['headers'] {
  if (value === undefined) return {}
  if (!isTable(value)) throw bad('header', 'a table')
  return Object.fromEntries(
    Object.entries(value).map(([name, v]) => [name.toLowerCase(), strings(v, `header.${name}`)]),
  )
}

function server(value: unknown, overridePath: boolean): Pick<HostEntry, 'scheme' | 'host' | 'path'> {
  if (value === undefined || value === '') return {}
  if (typeof value !== 'string') throw bad('server', 'a string')
  let url: URL
  try {
    url = new URL(value.startsWith('http') ? value : `https://${value}`)
  } catch (cause) {
    throw new InvalidArgumentError(`hosts.toml: unable to parse server ${value}`, { cause })
  }
  const path = url.pathname.replace(/\/+$/, '').replaceAll(/\/{2,}/g, '/')
  return {
    scheme: url.protocol === 'http:' ? 'http' : 'https',
    host: url.host,
    path: overridePath || path.endsWith('/v2') ? path : `${path}/v2`,
  }
}

function entry(url: unknown, table: Table): HostEntry {
  const timeout = table['dial_timeout']
  if (timeout !== undefined && typeof timeout !== 'string') throw bad('dial_timeout', 'a duration')
  return {
    ...server(url, bool(table['override_path'], 'override_path') ?? false),
    capabilities: capabilities(table['capabilities']),
    ca: strings(table['ca'], 'ca'),
    client: clientPairs(table['client']),
    skipVerify: bool(table['skip_verify'], 'skip_verify'),
    headers: headers(table['header']),
    ...(timeout === undefined ? {} : { dialTimeoutMs: parseDuration(timeout) }),
  }
}

/**
 * Reads a `hosts.toml`: its hosts in the order of the file, the root entry last. A root entry without `server`
 * has no host and loses its capabilities and path, as the original has it.
 * @throws {InvalidArgumentError}
 */
export function parseHostsToml(text: string): readonly HostEntry[] {
  let root: Table
  try {
    root = parse(text)
  } catch (cause) {
    throw new InvalidArgumentError('hosts.toml: not TOML', { cause })
  }
  const hosts = root['host']
  if (hosts !== undefined && !isTable(hosts)) throw bad('host', 'a table')
  const mirrors = Object.entries(hosts ?? {}).map(([url, table]) => {
    if (!isTable(table)) throw bad(`host."${url}"`, 'a table')
    return entry(url, table)
  })
  const upstream = entry(root['server'], root)
  return [...mirrors, upstream.host === undefined ? { ...upstream, capabilities: allCapabilities } : upstream]
}
