// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { parseHostsToml } from './hosts-toml.ts'
import { allCapabilities } from './registry-host.ts'

describe('hosts.toml', () => {
  it('gives mirrors in file order and the root entry last', () => {
    const entries = parseHostsToml(`
server = "registry.example/base//x/"
skip_verify = true
[host."https://z.example"]
dial_timeout = "1m30s"
client = ["a.pem", ["b.pem", "b.key"]]
[host."http://a.example/v2"]
capabilities = ["pull"]
ca = ["one.pem", "two.pem"]
`)
    expect(entries.map(({ scheme, host, path }) => `${scheme}://${host}${path}`)).toEqual([
      'https://z.example/v2',
      'http://a.example/v2',
      'https://registry.example/base/x/v2',
    ])
    expect(entries[0]).toMatchObject({
      dialTimeoutMs: 90_000,
      client: [
        { cert: 'a.pem', key: '' },
        { cert: 'b.pem', key: 'b.key' },
      ],
    })
    expect(entries[1]).toMatchObject({ capabilities: new Set(['pull']), ca: ['one.pem', 'two.pem'] })
    expect(entries[2]).toMatchObject({ skipVerify: true, capabilities: allCapabilities })
  })

  it('without a server loses the capabilities of the root, as the original does', () => {
    const [entry] = parseHostsToml('capabilities = ["pull"]\nskip_verify = true')
    expect(entry).toMatchObject({ capabilities: allCapabilities, skipVerify: true })
    expect(entry?.host).toBeUndefined()
  })

  it.each([
    'server = 1',
    'capabilities = ["fly"]',
    'host = 1',
    'ca = 1',
    'x = [',
    'header = 1',
    'dial_timeout = "1 day"',
    'skip_verify = "yes"',
    'client = 5',
  ])('refuses %s', (text) => expect(() => parseHostsToml(text)).toThrow(/hosts.toml|duration/))
})
