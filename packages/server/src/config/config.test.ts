// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isInvalidArgument } from '@containerd-ts/errdefs'
import { definePlugin, defineSlot } from '@containerd-ts/plugin'
import { tempRoot } from '@containerd-ts/testkit'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { defaultConfig, loadConfig, printConfig } from '../index.ts'
import { mergeConfig } from './merge.ts'
import { migrateConfig } from './migrate.ts'

describe('mergeConfig', () => {
  it('overrides with what is not zero, appends to lists, merges tables', () => {
    const base = { root: '/a', oom_score: 5, list: ['x'], plugins: { p: { a: 1, b: 2 } } }
    const over = { root: '', oom_score: 0, list: ['x', 'y'], plugins: { p: { b: 3 }, q: {} } }
    expect(mergeConfig(base, over)).toEqual({
      root: '/a',
      oom_score: 5,
      list: ['x', 'y'],
      plugins: { p: { a: 1, b: 3 }, q: {} },
    })
  })

  it('replaces entries of timeouts, proxy plugins and stream processors whole', () => {
    const merged = mergeConfig(
      { proxy_plugins: { a: { type: 'snapshot', address: '/x' } } },
      { proxy_plugins: { a: { type: 'content' } } },
    )
    expect(merged).toEqual({ proxy_plugins: { a: { type: 'content' } } })
  })
})

describe('migrateConfig', () => {
  it('gives version 1 plugins their long names', () => {
    const migrated = migrateConfig(
      { plugins: { scheduler: { pause_threshold: 0.1 }, overlayfs: {}, other: {} } },
      'c.toml',
    )
    expect(Object.keys(migrated['plugins'] as object)).toEqual([
      'io.containerd.gc.v1.scheduler',
      'io.containerd.snapshotter.v1.overlayfs',
      'io.containerd.grpc.v1.other',
    ])
  })

  it('turns socket tables into server plugins', () => {
    const migrated = migrateConfig(
      { version: 2, grpc: { address: '/a.sock', gid: 7 }, metrics: { address: ':9', grpc_histogram: true } },
      'c',
    )
    expect(migrated['plugins']).toEqual({
      'io.containerd.server.v1.grpc': { address: '/a.sock', gid: 7 },
      'io.containerd.server.v1.metrics': { address: ':9' },
      'io.containerd.metrics.v1.grpc-prometheus': { grpc_histogram: true },
    })
    expect(migrated['version']).toBe(4)
  })

  it('carries sched_core over from every version, beside what the user set himself', () => {
    const plugins = {
      'io.containerd.runtime.v2.task': { sched_core: true },
      'io.containerd.shim.v1.manager': { env: ['A=1'] },
    }
    expect(migrateConfig({ version: 2, plugins }, 'c')['plugins']).toEqual({
      'io.containerd.runtime.v2.task': {},
      'io.containerd.shim.v1.manager': { env: ['A=1', 'SCHED_CORE=1'] },
    })
  })

  it('refuses versions it does not know', () => {
    expect(() => migrateConfig({ version: 5 }, 'c.toml')).toThrow('c.toml: configuration version 5')
  })
})

describe('loadConfig', () => {
  it('follows imports, relative and globbed, each once', async () => {
    await using temp = await tempRoot()
    await mkdir(temp.join('conf.d'))
    await writeFile(
      temp.join('config.toml'),
      'version = 4\nroot = "/first"\nimports = ["conf.d/*.toml", "config.toml"]\n',
    )
    await writeFile(temp.join('conf.d', 'b.toml'), 'state = "/b"\n')
    await writeFile(temp.join('conf.d', 'a.toml'), 'version = 4\nstate = "/a"\nunknown = 1\n')
    const { config, unknownKeys } = await loadConfig(temp.join('config.toml'), { mustExist: true })
    expect([config.root, config.state]).toEqual(['/first', '/b'])
    expect(unknownKeys).toEqual([`${temp.join('conf.d', 'a.toml')}: unknown`])
  })

  it('takes a missing default file for defaults, and a missing named file for an error', async () => {
    await using temp = await tempRoot()
    const { config } = await loadConfig(temp.join('none.toml'), { mustExist: false })
    expect(config).toEqual(defaultConfig)
    await expect(loadConfig(temp.join('none.toml'), { mustExist: true })).rejects.toThrow('none.toml')
  })

  it.each([
    ['root = [', 'failed to unmarshal TOML'],
    ['version = 4\nroot = 5\n', 'root: '],
    ['version = 9\n', 'version 9'],
  ])('names the file and the trouble for %j', async (text, message) => {
    await using temp = await tempRoot()
    await writeFile(temp.join('c.toml'), text)
    const error: unknown = await loadConfig(temp.join('c.toml'), { mustExist: true }).catch((e: unknown) => e)
    expect(isInvalidArgument(error)).toBe(true)
    expect(String(error)).toContain(message)
    expect(String(error)).toContain(join(temp.path, 'c.toml'))
  })

  it('refuses an import of a higher version', async () => {
    await using temp = await tempRoot()
    await writeFile(temp.join('c.toml'), 'version = 2\nimports = ["d.toml"]\n')
    await writeFile(temp.join('d.toml'), 'version = 3\n')
    await expect(loadConfig(temp.join('c.toml'), { mustExist: true })).rejects.toThrow(
      'higher than that of the importing file',
    )
  })
})

describe('printConfig', () => {
  it('fills sections up with the defaults of their plugins and reads back as it was', () => {
    const plugin = definePlugin({
      slot: defineSlot<string>('x.v1'),
      id: 'y',
      defaults: { a: 1, b: 'two' },
      init: () => '',
    })
    const text = printConfig({ ...defaultConfig, plugins: { 'x.v1.y': { a: 5 } } }, [plugin])
    expect(parse(text)).toEqual({ ...defaultConfig, plugins: { 'x.v1.y': { a: 5, b: 'two' } } })
  })
})
