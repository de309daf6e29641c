// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { table } from '../commands.ts'
import { readCommandLine } from './front-end.ts'
import { globalFromEnvironment } from './global-flags.ts'

const defaults = globalFromEnvironment({})
const read = (...argv: readonly string[]) => readCommandLine(argv, table, defaults)
const command = (...argv: readonly string[]) => {
  const found = read(...argv)
  if (found.kind !== 'command') throw new Error(`${found.kind}, no command`)
  return { path: found.command.path.join(' '), argv: found.argv, global: found.global }
}

describe('front end', () => {
  it('takes global flags before the command, with one dash or two, with blank or equals sign', () => {
    expect(command('-a', '/s', '--namespace=k8s.io', '-debug', 'version').global).toEqual({
      ...defaults,
      address: '/s',
      namespace: 'k8s.io',
      debug: true,
    })
  })

  it('takes address and namespace from the environment, flags first', () => {
    const global = globalFromEnvironment({ CONTAINERD_ADDRESS: '/env', CONTAINERD_NAMESPACE: 'env' })
    expect(global).toMatchObject({ address: '/env', namespace: 'env' })
    const found = readCommandLine(['-n', 'flag', 'version'], table, global)
    expect(found).toMatchObject({ global: { address: '/env', namespace: 'flag' } })
  })

  it('reads durations as Go writes them', () => {
    expect(command('--timeout', '1m30s', '--connect-timeout=250ms', 'version').global).toMatchObject({
      timeoutMs: 90_000,
      connectTimeoutMs: 250,
    })
  })

  it.each([
    ['i pull x', 'images pull'],
    ['image ls', 'images list'],
    ['c rm x', 'containers delete'],
    ['container del x', 'containers delete'],
    ['t metric x', 'tasks metrics'],
    ['ns c x', 'namespaces create'],
    ['snapshot mount a b', 'snapshots mounts'],
    ['event', 'events'],
    ['sb r c i', 'sandboxes run'],
    ['plugin ls', 'plugins list'],
    ['content prune references', 'content prune references'],
  ])('knows %s as %s', (line, path) => {
    expect(command(...line.split(' ')).path).toBe(path)
  })

  it('leaves what follows the command to the command', () => {
    expect(command('run', '--rm', 'image', 'id', 'ls', '-l', '--all').argv).toEqual([
      '--rm',
      'image',
      'id',
      'ls',
      '-l',
      '--all',
    ])
  })

  it("hands a group's flag to the command", () => {
    expect(command('snapshots', '--snapshotter', 'native', 'ls').argv).toEqual(['--snapshotter=native'])
    expect(command('pprof', '-d', '/debug.sock', 'heap').argv).toEqual(['--d=/debug.sock'])
    expect(command('shim', '--id', 'x', 'state').argv).toEqual(['--id=x'])
  })

  it('answers help for the program, a group and a command', () => {
    expect(read()).toEqual({ kind: 'help', path: [] })
    expect(read('--help')).toEqual({ kind: 'help', path: [] })
    expect(read('i')).toEqual({ kind: 'help', path: ['images'] })
    expect(read('images', '-h')).toEqual({ kind: 'help', path: ['images'] })
    expect(read('help', 'run')).toEqual({ kind: 'help', path: ['run'] })
    expect(read('-v')).toEqual({ kind: 'version' })
  })

  it('says which word it does not know, and where', () => {
    expect(read('foo')).toEqual({ kind: 'unknown', word: 'foo', path: [] })
    expect(read('i', 'foo')).toEqual({ kind: 'unknown', word: 'foo', path: ['images'] })
  })

  it('refuses unknown global flags and missing values', () => {
    expect(() => read('--nope', 'version')).toThrow('flag provided but not defined: -nope')
    expect(() => read('--address')).toThrow('flag needs an argument: -address')
    expect(() => read('--timeout', 'soon', 'version')).toThrow()
    expect(() => read('images', '--nope', 'ls')).toThrow('flag provided but not defined: -nope')
  })
})
