// SPDX-License-Identifier: Apache-2.0
import type * as clientModule from '@containerd-ts/client'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { hostPlatform, parsePlatform } from '@containerd-ts/oci'
import {
  ContentStores,
  definePlugin,
  defineSlot,
  Differs,
  SandboxControllers,
  Snapshotters,
} from '@containerd-ts/plugin'
import type { AnyPlugin, ConfigTable, ConfigValue, Slot } from '@containerd-ts/plugin'
import { createUnixTransport } from '@containerd-ts/rpc'
import type { UnixTransport } from '@containerd-ts/rpc'

/** One `[proxy_plugins.<name>]`. */
interface ProxyConfig {
  readonly type: string
  readonly address: string
  readonly platform: string
  readonly exports: Readonly<Record<string, string>>
  readonly capabilities: readonly string[]
}

type ClientModule = typeof clientModule

interface Kind {
  readonly slot: Slot<unknown>
  make(client: ClientModule, transport: UnixTransport, name: string, config: ProxyConfig): object
}

/** By the short type that configuration uses. */
const kinds: Readonly<Record<string, Kind>> = {
  snapshot: {
    slot: Snapshotters,
    make: (client, transport, name, { capabilities }) => ({
      ...client.snapshotterProxy(transport, name, client.scopeOf()),
      capabilities,
    }),
  },
  content: { slot: ContentStores, make: (client, transport) => client.contentProxy(transport, client.scopeOf()) },
  diff: { slot: Differs, make: (client, transport) => client.differProxy(transport, client.scopeOf()) },
  sandbox: {
    slot: SandboxControllers,
    make: (client, transport, name) => client.sandboxBackendProxy(transport, name),
  },
}

/**
 * Plugins that live in other processes, from `[proxy_plugins]`: the name becomes the id, and all of one address share
 * a connection, made with the first call.
 * One of a type that cannot be elsewhere fails as a plugin; the daemon starts.
 * @throws {InvalidArgumentError} a setting of the wrong type
 */
export function proxyPlugins(configs: Readonly<Record<string, ConfigTable>>): readonly AnyPlugin[] {
  const transports = new Map<string, UnixTransport>()
  const connect = (address: string): UnixTransport => {
    const transport = transports.get(address) ?? createUnixTransport({ address })
    transports.set(address, transport)
    return transport
  }
  return Object.entries(configs).map(([name, table]) => proxyPlugin(name, parse(name, table), connect))
}

function proxyPlugin(name: string, config: ProxyConfig, connect: (address: string) => UnixTransport): AnyPlugin {
  const kind = kinds[config.type] ?? Object.values(kinds).find(({ slot }) => slot.type === config.type)
  return definePlugin({
    slot: kind?.slot ?? defineSlot(config.type),
    id: name,
    async init({ meta }) {
      if (kind === undefined) throw new InvalidArgumentError(`proxy plugin ${name}: unknown type "${config.type}"`)
      if (config.address === '') throw new InvalidArgumentError(`proxy plugin ${name}: no address`)
      meta.platforms.push(config.platform === '' ? hostPlatform() : parsePlatform(config.platform))
      Object.assign(meta.exports, config.exports, { address: config.address })
      meta.capabilities.push(...config.capabilities)
      const transport = connect(config.address)
      // Few daemons have proxies; the others start without the client's code.
      const proxy = kind.make(await import('@containerd-ts/client'), transport, name, config)
      return Object.assign(proxy, { [Symbol.asyncDispose]: () => transport.close() })
    },
  })
}

function parse(name: string, table: ConfigTable): ProxyConfig {
  const get = <T extends ConfigValue>(key: string, fallback: T, is: (value: ConfigValue) => value is T): T => {
    const value = table[key]
    if (value === undefined) return fallback
    if (!is(value)) throw new InvalidArgumentError(`proxy_plugins.${name}: ${key} is of the wrong type`)
    return value
  }
  return {
    type: get<string>('type', '', isText),
    address: get<string>('address', '', isText),
    platform: get<string>('platform', '', isText),
    exports: get<Readonly<Record<string, string>>>('exports', {}, isTexts),
    capabilities: get<readonly string[]>('capabilities', [], isTextList),
  }
}

const isText = (value: ConfigValue): value is string => typeof value === 'string'
const isTextList = (value: ConfigValue): value is readonly string[] => Array.isArray(value) && value.every(isText)
const isTexts = (value: ConfigValue): value is Readonly<Record<string, string>> =>
  typeof value === 'object' && !Array.isArray(value) && Object.values(value).every(isText)
