// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net'

/** Whether a host name, without port, can only mean this machine. */
export function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (bare === 'localhost' || bare.endsWith('.localhost')) return true
  if (isIP(bare) === 4) return bare.startsWith('127.')
  return isIP(bare) === 6 && (bare === '::1' || bare === '0:0:0:0:0:0:0:1' || bare.startsWith('::ffff:127.'))
}

/** Splits `host[:port]`; the port is empty when absent. Brackets of IPv6 are kept on the host. */
export function splitPort(host: string): { readonly hostname: string; readonly port: string } {
  const match = /^(.*?)(?::(\d+))?$/.exec(host)
  if (host.startsWith('[') || (host.match(/:/g) ?? []).length < 2) {
    return { hostname: match?.[1] ?? host, port: match?.[2] ?? '' }
  }
  return { hostname: host, port: '' }
}
