// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { ProgressView } from '../output/progress-view.ts'
import { imagesEnd, registryEnd } from './ends.ts'
import { refuseLocalFlags, tlsFlags } from './local-flags.ts'
import { reportTo } from './progress.ts'

const noFlags = {
  'skip-verify': false,
  'plain-http': false,
  user: undefined,
  refresh: undefined,
  'hosts-dir': undefined,
  tlscacert: undefined,
  tlscert: undefined,
  tlskey: undefined,
  'http-dump': false,
  'http-trace': false,
}

describe('a transfer by the daemon', () => {
  it('refuses what only the local way honours, and names it', () => {
    expect(() => refuseLocalFlags({ ...noFlags, tlscert: 'x' }, tlsFlags)).toThrow(
      '"--tlscert" requires "--local" flag',
    )
    expect(() => refuseLocalFlags({ ...noFlags, user: 'x' }, tlsFlags)).not.toThrow()
  })

  it('asks nothing of a registry that no flag asks', async () => {
    expect(await registryEnd('a/b:c', noFlags)).toEqual({ kind: 'registry', reference: 'a/b:c', access: {} })
  })

  it('hands the daemon credentials, scheme and directories as seen from anywhere', async () => {
    const flags = { ...noFlags, user: 'u:p:q', 'plain-http': true, 'hosts-dir': 'relative' }
    const { access } = await registryEnd('a/b:c', flags)
    expect(access).toMatchObject({ defaultScheme: 'http', hostDir: `${process.cwd()}/relative` })
    expect(await access.credentials?.('a', '')).toEqual({ username: 'u', secret: 'p:q' })
    const refresh = await registryEnd('a/b:c', { ...noFlags, refresh: 'token' })
    expect(await refresh.access.credentials?.('a', '')).toEqual({ secret: 'token' })
  })

  it('logs requests where a flag says so', async () => {
    expect((await registryEnd('a/b:c', { ...noFlags, 'http-trace': true })).access.httpLog).toBeDefined()
  })

  it('names images and asks for nothing else', () => {
    expect(imagesEnd({ name: 'x' })).toMatchObject({ kind: 'image-store', name: 'x', platforms: [], unpacks: [] })
  })

  it('speaks of its progress in the words of the local way', () => {
    using view = new ProgressView({ quiet: true })
    const seen: unknown[] = []
    const report = reportTo(Object.assign(view, { report: (line: unknown) => void seen.push(line) }), 'ref')
    const rest = { parents: [], progress: 1, total: 2 }
    for (const [event, name] of [
      ['Resolving from OCI Registry (ref)', ''],
      ['Pulling from OCI Registry (ref)', ''],
      ['fetching image content', 'ref'],
      ['downloading', 'layer-sha256:1'],
      ['saved', 'ref'],
      ['Completed pull from OCI Registry (ref)', ''],
    ] as const) {
      report({ event, name, ...rest })
    }
    expect(seen).toEqual([
      { event: 'resolving', name: 'ref', offsetBytes: 0, totalBytes: 0 },
      { event: 'resolved', name: 'ref', offsetBytes: 0, totalBytes: 0 },
      { event: 'downloading', name: 'layer-sha256:1', offsetBytes: 1, totalBytes: 2 },
    ])
  })
})
