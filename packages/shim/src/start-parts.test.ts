// SPDX-License-Identifier: Apache-2.0
import { existsSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { fromBinary } from '@bufbuild/protobuf'
import { fromTimestamp } from '@containerd-ts/api'
import { DeleteResponseSchema } from '@containerd-ts/api/runtime/task/v2/shim_pb'
import { native } from '@containerd-ts/native-sys'
import { tempRoot } from '@containerd-ts/testkit'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeResult } from './delete-command.ts'
import { groupOf } from './group.ts'
import { serverOomScore } from './oom-score.ts'
import { environmentOfServer, takeSocketPaths } from './server-environment.ts'
import { cgroupProcsOf } from './shim-cgroup.ts'
import { bindAnew, bindOrJoin } from './socket.ts'

describe('socket', () => {
  it('is bound for its owner only, joined while it is served, replaced when its server is dead', async () => {
    await using temp = await tempRoot('sock-')
    const path = temp.join('s', 'name')
    const first = await bindOrJoin(path)
    expect(first.kind).toBe('bound')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(temp.join('s')).mode & 0o777).toBe(0o700)
    expect(await bindOrJoin(path)).toEqual({ kind: 'joined' })
    if (first.kind === 'bound') native.close(first.fd)
    const second = await bindOrJoin(path)
    expect(second.kind).toBe('bound')
    if (second.kind === 'bound') native.close(second.fd)
  })

  it('is taken from whoever had it for debugging', async () => {
    await using temp = await tempRoot('sock-')
    const [one, two] = [bindAnew(temp.join('d')), bindAnew(temp.join('d'))]
    for (const fd of [one, two]) native.close(fd)
    expect(existsSync(temp.join('d'))).toBe(true)
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
    const env = environmentOfServer('c1', ['/run/s/x', '/run/s/debug'])
    expect(env).toMatchObject({ GOMAXPROCS: '4', OTEL_SERVICE_NAME: 'containerd-shim-c1', PATH: process.env['PATH'] })
    Object.assign(process.env, env)
    expect(takeSocketPaths()).toEqual(['/run/s/x', '/run/s/debug'])
    expect(takeSocketPaths()).toEqual([])
  })
})

describe('cgroup of the server', () => {
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

describe('what the daemon hears', () => {
  it('is a DeleteResponse', () => {
    const exitedAt = new Date(1_700_000_000_123)
    const known = fromBinary(DeleteResponseSchema, encodeResult({ pid: 42, exitStatus: 137, exitedAt }))
    expect(known).toMatchObject({ pid: 42, exitStatus: 137 })
    expect(fromTimestamp(known.exitedAt)).toEqual(exitedAt)
    expect(fromBinary(DeleteResponseSchema, encodeResult({ pid: undefined, exitStatus: 137, exitedAt })).pid).toBe(
      4_294_967_295,
    )
  })

  it('has a better score than its shims, and none when it is gone', () => {
    expect(serverOomScore(process.pid)).toBeGreaterThan(-1000)
    expect(serverOomScore(2 ** 22 + 1)).toBeUndefined()
  })
})
