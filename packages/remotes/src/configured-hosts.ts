// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Logger } from '@containerd-ts/core'
import { silentLogger } from '@containerd-ts/core'
import { errnoOf, InvalidArgumentError } from '@containerd-ts/errdefs'
import { Authorizer } from './authorizer.ts'
import type { CredentialSource } from './authorizer.ts'
import { HttpFallbackClient } from './fallback-client.ts'
import { parseHostsToml } from './hosts-toml.ts'
import type { HostEntry } from './hosts-toml.ts'
import { UndiciHttpClient } from './http-client.ts'
import type { HttpClient, HttpHeaders, TlsOptions } from './http-client.ts'
import { isLoopback, splitPort } from './loopback.ts'
import { allCapabilities } from './registry-host.ts'
import type { RegistryHost } from './registry-host.ts'

export interface ConfiguredHostsOptions {
  /** Directories with one sub-directory per host, asked in order; none by default. */
  readonly configDirs?: readonly string[] | undefined
  /** Scheme of hosts that no configuration names; `http` is `--plain-http`. */
  readonly defaultScheme?: 'http' | 'https' | undefined
  /** TLS settings of hosts that have none of their own. */
  readonly tls?: TlsOptions | undefined
  readonly credentials?: CredentialSource | undefined
  /** Sent with every request, such as the user agent. */
  readonly headers?: HttpHeaders | undefined
  readonly headersTimeoutMs?: number | undefined
  readonly bodyTimeoutMs?: number | undefined
  readonly logger?: Logger | undefined
  /** Put around every client, such as to log what it sends. */
  readonly wrapClient?: ((client: HttpClient) => HttpClient) | undefined
}

/** Finds hosts by directories of `hosts.toml` files and the defaults; owns the connections it hands out. */
export class ConfiguredHosts implements AsyncDisposable {
  readonly #options: ConfiguredHostsOptions
  readonly #authorizer: Authorizer
  readonly #found = new Map<string, Promise<readonly RegistryHost[]>>()
  readonly #clients = new Map<string, HttpClient>()

  constructor(options: ConfiguredHostsOptions = {}) {
    this.#options = options
    this.#authorizer = new Authorizer(options.credentials, options.headers)
  }

  /** @throws {InvalidArgumentError} a certificate that cannot be read */
  readonly hosts = (name: string): Promise<readonly RegistryHost[]> => {
    let found = this.#found.get(name)
    if (found === undefined) {
      found = this.#find(name)
      this.#found.set(name, found)
    }
    return found
  }

  async #find(name: string): Promise<readonly RegistryHost[]> {
    const dir = await findHostDir(this.#options.configDirs ?? [], name)
    const entries = dir === undefined ? undefined : await this.#readDir(dir)
    const all = entries === undefined || entries.length === 0 ? [plainEntry] : entries
    return Promise.all(all.map((entry) => this.#build(entry, name, dir ?? '')))
  }

  async #readDir(dir: string): Promise<readonly HostEntry[]> {
    const logger = this.#options.logger ?? silentLogger
    const text = await readFile(join(dir, 'hosts.toml'), 'utf8').catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') logger.error('cannot read hosts file', { dir, error })
      return ''
    })
    if (text.trim() !== '') {
      try {
        return parseHostsToml(text)
      } catch (error) {
        logger.error('cannot decode hosts file', { dir, error })
      }
    }
    return [await certificateDirEntry(dir)]
  }

  async #build(entry: HostEntry, name: string, dir: string): Promise<RegistryHost> {
    const own = await readTls(entry, dir)
    const implied = entry.host === undefined ? defaultHost(name, this.#options.defaultScheme) : undefined
    const tls = own ?? this.#options.tls ?? (implied?.skipVerify === true ? { skipVerify: true } : undefined)
    const scheme = entry.scheme ?? implied?.scheme ?? 'https'
    const host = entry.host ?? implied?.host ?? name
    const fallback = scheme === 'http' && tls !== undefined && splitPort(host).port !== '80'
    return {
      scheme,
      host,
      path: entry.path ?? '/v2',
      capabilities: entry.capabilities,
      headers: { ...this.#options.headers, ...entry.headers },
      client: this.#client(tls, entry.dialTimeoutMs, fallback),
      authorizer: this.#authorizer,
    }
  }

  #client(tls: TlsOptions | undefined, dialTimeoutMs: number | undefined, fallback: boolean): HttpClient {
    const key = JSON.stringify([tls ?? null, dialTimeoutMs ?? null, fallback])
    let client = this.#clients.get(key)
    if (client === undefined) {
      const { headersTimeoutMs, bodyTimeoutMs } = this.#options
      client = new UndiciHttpClient({ tls, dialTimeoutMs, headersTimeoutMs, bodyTimeoutMs })
      if (fallback) client = new HttpFallbackClient(client)
      client = this.#options.wrapClient?.(client) ?? client
      this.#clients.set(key, client)
    }
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client[Symbol.asyncDispose]()))
    this.#clients.clear()
    this.#found.clear()
  }
}

const plainEntry: HostEntry = { capabilities: allCapabilities, ca: [], client: [], headers: {} }

interface DefaultHost {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly skipVerify: boolean
}

/** Where a registry name leads without configuration. */
function defaultHost(name: string, scheme: 'http' | 'https' | undefined): DefaultHost {
  if (name === 'docker.io') return { scheme: 'https', host: 'registry-1.docker.io', skipVerify: false }
  const { hostname, port } = splitPort(name)
  if (!isLoopback(hostname) || scheme !== undefined) return { scheme: scheme ?? 'https', host: name, skipVerify: false }
  return { scheme: port === '' || port === '443' ? 'https' : 'http', host: name, skipVerify: port !== '80' }
}

/** First directory among those that name this host, over all roots. */
async function findHostDir(roots: readonly string[], name: string): Promise<string | undefined> {
  const { hostname, port } = splitPort(name)
  const candidates = [...(port === '' ? [] : [`${hostname}_${port}_`]), name, '_default']
  if (name.includes('/') || name === '..' || name === '.') return undefined
  for (const root of roots) {
    for (const candidate of candidates) {
      const dir = join(root, candidate)
      if (
        await readdir(dir)
          .then(() => true)
          .catch(() => false)
      )
        return dir
    }
  }
  return undefined
}

/** Docker's layout: `*.crt` are authorities, `*.cert` and `*.key` are pairs. */
async function certificateDirEntry(dir: string): Promise<HostEntry> {
  const files = (await readdir(dir)).toSorted()
  return {
    ...plainEntry,
    ca: files.filter((file) => file.endsWith('.crt')),
    client: files
      .filter((file) => file.endsWith('.cert'))
      .map((file) => ({ cert: file, key: file.replace(/\.cert$/, '.key') })),
  }
}

async function readTls(entry: HostEntry, dir: string): Promise<TlsOptions | undefined> {
  if (entry.ca.length === 0 && entry.client.length === 0 && entry.skipVerify === undefined) return undefined
  const read = (file: string): Promise<string> =>
    readFile(resolve(dir, file), 'utf8').catch((cause: unknown) => {
      throw new InvalidArgumentError(`certificate ${file}`, { cause })
    })
  return {
    ca: await Promise.all(entry.ca.map(read)),
    certificates: await Promise.all(
      entry.client.map(async ({ cert, key }) => ({ cert: await read(cert), key: await read(key === '' ? cert : key) })),
    ),
    skipVerify: entry.skipVerify,
  }
}
