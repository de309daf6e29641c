// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { create, toBinary } from '@bufbuild/protobuf'
import { OptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import { native } from '@containerd-ts/native-sys'
import { eventually, tempRoot } from '@containerd-ts/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { readBootstrap } from '../bundle-files.ts'
import { cgroupProcsOf } from './cgroup-procs.ts'
import { launchesDirectly } from './direct.ts'
import { environmentOfServer, takeSocketPaths } from './environment.ts'
import { groupOf } from './group.ts'
import { launchServer } from './launch.ts'
import { serverOomScore } from './oom-score.ts'
import { shimCgroupOf } from './shim-cgroup.ts'
import { bindAnew, bindOrJoin } from './socket.ts'

describe('socket', () => {
  it('is bound for its owner only, joined while it is served, replaced when its server is dead', async () => {
    await using temp = await tempRoot('sock-')
    const path = temp.join('s', 'name')
    const first = await bindOrJoin(path, native)
    expect(first.kind).toBe('bound')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(temp.join('s')).mode & 0o777).toBe(0o700)
    expect(await bindOrJoin(path, native)).toEqual({ kind: 'joined' })
    if (first.kind === 'bound') native.close(first.fd)
    const second = await bindOrJoin(path, native)
    expect(second.kind).toBe('bound')
    if (second.kind === 'bound') native.close(second.fd)
  })

  it('is taken from whoever had it for debugging', async () => {
    await using temp = await tempRoot('sock-')
    const [one, two] = [bindAnew(temp.join('d'), native), bindAnew(temp.join('d'), native)]
    for (const fd of [one, two]) native.close(fd)
    expect(existsSync(temp.join('d'))).toBe(true)
  })
})

describe('server', () => {
  const launchIn = (temp: { readonly path: string; join(...parts: string[]): string }, script: string) => ({
    program: { path: '/bin/sh', args: ['-c', script, 'sh'] },
    bundle: temp.path,
    namespace: 'ns',
    id: 'c1',
    grpcAddress: '/run/c.sock',
    socketDir: temp.join('sockets'),
    groupAnnotations: ['group'],
    env: { PATH: '/usr/bin:/bin' },
    debug: false,
  })

  it('is started once for a group, in the bundle, and taken back', async () => {
    await using temp = await tempRoot('srv-')
    await writeFile(temp.join('config.json'), '{"annotations":{"group":"g"}}')
    const launch = launchIn(temp, 'echo "$PWD $*" > seen; exec sleep 100')
    const first = await launchServer(launch, native)
    const again = await launchServer({ ...launch, id: 'c2' }, native)
    expect(again.answer).toEqual(first.answer)
    expect(await readBootstrap(temp.path)).toEqual(first.answer)
    await eventually('the server', () => existsSync(temp.join('seen')) && statSync(temp.join('seen')).size > 0)
    expect(readFileSync(temp.join('seen'), 'utf8')).toBe(`${temp.path} -namespace ns -id c1 -address /run/c.sock\n`)
    const path = first.answer.address.slice('unix://'.length)
    again.undo()
    expect(existsSync(path)).toBe(true)
    first.undo()
    expect(existsSync(path)).toBe(false)
  })

  it('leaves no socket when it cannot be started', async () => {
    await using temp = await tempRoot('srv-')
    await writeFile(temp.join('config.json'), '{}')
    const program = { path: temp.join('absent'), args: [] }
    await expect(launchServer({ ...launchIn(temp, ''), program, debug: true }, native)).rejects.toMatchObject({
      code: 'ENOENT',
    })
    expect(readdirSync(temp.join('sockets'))).toEqual([])
  })
})

describe('launch by the daemon', () => {
  const says = (version: string): string => `x:\n  Version:  ${version}\n  Revision: \n`

  it('is for the runc shim of the same release of ours', () => {
    const runc = 'containerd-shim-runc-v2'
    expect(launchesDirectly(runc, says('2.3.4+ts.1'), '2.3.4+ts.1')).toBe(true)
    expect(launchesDirectly(runc, says('2.3.4+ts.1'), '2.3.4+ts.2')).toBe(false)
    expect(launchesDirectly(runc, says('2.3.4'), '2.3.4')).toBe(false)
    expect(launchesDirectly('containerd-shim-other-v1', says('2.3.4+ts.1'), '2.3.4+ts.1')).toBe(false)
    expect(launchesDirectly(runc, '', '2.3.4+ts.1')).toBe(false)
  })
})

describe('group', () => {
  it('is the first annotation present, in the order asked for', async () => {
    await using temp = await tempRoot('group-')
    const write = (annotations: unknown): Promise<void> => writeFile(temp.join('c'), JSON.stringify({ annotations }))
    await write({ second: 'b', first: 'a' })
    expect(groupOf(['first', 'second'], temp.join('c'))).toBe('a')
    await write({ second: 'b' })
    expect(groupOf(['first', 'second'], temp.join('c'))).toBe('b')
    await write(undefined)
    expect(groupOf(['first'], temp.join('c'))).toBeUndefined()
  })
})

describe('server environment', () => {
  afterEach(() => void takeSocketPaths())

  it('carries the socket path to the server and no further', () => {
    const env = environmentOfServer({ PATH: '/bin' }, 'c1', ['/run/s/x', '/run/s/debug'])
    expect(env).toMatchObject({ GOMAXPROCS: '4', OTEL_SERVICE_NAME: 'containerd-shim-c1', PATH: '/bin' })
    Object.assign(process.env, { ...env, PATH: process.env['PATH'] })
    expect(takeSocketPaths()).toEqual(['/run/s/x', '/run/s/debug'])
    expect(takeSocketPaths()).toEqual([])
  })
})

describe('cgroup of the server', () => {
  it('is what the runc options name', () => {
    const value = toBinary(OptionsSchema, create(OptionsSchema, { binaryName: 'crun', shimCgroup: '/shims', ioUid: 7 }))
    expect(shimCgroupOf({ typeUrl: 'type.googleapis.com/containerd.runc.v1.Options', value })).toBe('/shims')
    expect(shimCgroupOf({ typeUrl: 'containerd.runc.v1.Options', value: new Uint8Array(0) })).toBeUndefined()
    expect(shimCgroupOf({ typeUrl: 'runtimeoptions.v1.Options', value })).toBeUndefined()
  })

  it('is one place in a unified hierarchy and one per controller else', async () => {
    await using temp = await tempRoot('cg-')
    for (const dir of ['v1/memory/shims', 'v1/pids/shims', 'v1/cpu', 'v2/shims']) {
      await mkdir(temp.join(dir), { recursive: true })
      await writeFile(temp.join(dir, 'cgroup.procs'), '')
    }
    await writeFile(temp.join('v2', 'cgroup.controllers'), 'memory')
    const v1 = cgroupProcsOf('/shims', temp.join('v1'))
      .map((path) => path.slice(temp.path.length))
      .sort()
    expect(v1).toEqual(['/v1/memory/shims/cgroup.procs', '/v1/pids/shims/cgroup.procs'])
    expect(cgroupProcsOf('/shims', temp.join('v2'))).toEqual([temp.join('v2', 'shims', 'cgroup.procs')])
  })
})

describe('score of the server', () => {
  it('has a better score than its shims, and none when it is gone', () => {
    expect(serverOomScore(process.pid)).toBeGreaterThan(-1000)
    expect(serverOomScore(2 ** 22 + 1)).toBeUndefined()
  })
})
