// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { unpackMessage } from '@containerd-ts/api'
import { MetricsSchema as MetricsV1 } from '@containerd-ts/api/cgroups/v1/metrics_pb'
import { MetricsSchema as MetricsV2 } from '@containerd-ts/api/cgroups/v2/metrics_pb'
import { create } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { tempRoot } from '@containerd-ts/testkit'
import type { TempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { cgroupMounts, cgroupPaths } from './hierarchies.ts'
import { readControllerMetrics } from './metrics-v1.ts'
import { parsePressure, readUnifiedMetrics } from './metrics-v2.ts'
import { rdmaOf } from './rdma.ts'

async function files(temp: TempRoot, contents: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(contents)) {
    await mkdir(dirname(temp.join(path)), { recursive: true })
    await writeFile(temp.join(path), text)
  }
}

describe('hierarchies', () => {
  it('are read from the lines of a process', () => {
    const paths = cgroupPaths('12:cpu,cpuacct:/a\n3:name=systemd:/s\n0::/u/v\nnonsense\n')
    expect(Object.fromEntries(paths)).toEqual({ cpu: '/a', cpuacct: '/a', 'name=systemd': '/s', '': '/u/v' })
  })

  it('are found where they are mounted, with the cgroup that is their root', () => {
    const mounts = cgroupMounts(
      '30 20 0:1 /docker/x /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct\n31 20 0:2 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n',
    )
    expect(mounts.get('cpuacct')).toEqual({ point: '/sys/fs/cgroup/cpu,cpuacct', root: '/docker/x' })
    expect([...mounts.values()]).toHaveLength(3)
  })
})

describe('metrics of version 1', () => {
  it('take each controller from its own directory and leave out what is not there', async () => {
    await using temp = await tempRoot('cg-')
    await files(temp, {
      'pids/pids.current': '3\n',
      'pids/pids.max': 'max\n',
      'cpu/cpuacct.usage': '1000\n',
      'cpu/cpuacct.stat': 'user 5\nsystem 7\n',
      'cpu/cpuacct.usage_percpu': '400 600 \n',
      'cpu/cpu.stat': 'nr_periods 1\nnr_throttled 2\nthrottled_time 3\n',
      'memory/memory.stat':
        'cache 1\nrss 2\npgpgin 9\ntotal_cache 11\ntotal_pgmajfault 4\nhierarchical_memory_limit 99\n',
      'memory/memory.usage_in_bytes': '4096\n',
      'memory/memory.limit_in_bytes': '9223372036854771712\n',
      'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
      'blkio/blkio.throttle.io_service_bytes': '8:0 Read 10\n8:0 Write 20\nTotal 30\n',
    })
    const directories = new Map([
      ['pids', temp.join('pids')],
      ['cpu', temp.join('cpu')],
      ['cpuacct', temp.join('cpu')],
      ['memory', temp.join('memory')],
      ['blkio', temp.join('blkio')],
    ])
    const metrics = unpackMessage(MetricsV1, create(AnySchema, readControllerMetrics(directories)))
    expect(metrics?.pids).toMatchObject({ current: 3n, limit: 0n })
    expect(metrics?.cpu?.usage).toMatchObject({
      total: 1000n,
      user: 50_000_000n,
      kernel: 70_000_000n,
      perCpu: [400n, 600n],
    })
    expect(metrics?.cpu?.throttling).toMatchObject({ periods: 1n, throttledPeriods: 2n, throttledTime: 3n })
    expect(metrics?.memory).toMatchObject({
      cache: 1n,
      rss: 2n,
      pgPgIn: 9n,
      totalCache: 11n,
      totalPgMajFault: 4n,
      hierarchicalMemoryLimit: 99n,
    })
    expect(metrics?.memory?.usage).toMatchObject({ usage: 4096n, limit: 9223372036854771712n })
    expect(metrics?.memoryOomControl).toMatchObject({ oomKill: 2n })
    expect(metrics?.blkio?.ioServiceBytesRecursive).toMatchObject([
      { op: 'Read', major: 8n, minor: 0n, value: 10n },
      { op: 'Write', value: 20n },
    ])
    expect(metrics?.rdma).toBeUndefined()
  })
})

describe('metrics of version 2', () => {
  it('read max as the largest number, missing files as 0, pressure where the kernel has it', async () => {
    await using temp = await tempRoot('cg-')
    await files(temp, {
      'pids.current': '3\n',
      'pids.max': 'max\n',
      'cpu.stat': 'usage_usec 10\nuser_usec 6\nsystem_usec 4\nnr_bursts 1\n',
      'cpu.pressure':
        'some avg10=1.50 avg60=0.25 avg300=0.00 total=77\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
      'memory.stat': 'anon 100\nfile 200\nworkingset_refault_anon 3\nworkingset_refault_file 4\nthp_fault_alloc 8\n',
      'memory.current': '300\n',
      'memory.max': 'max\n',
      'memory.peak': '400\n',
      'memory.events': 'low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n',
      'io.stat': '8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n',
      'hugetlb.2MB.current': '2\n',
      'hugetlb.2MB.max': '5\n',
      'hugetlb.2MB.events': 'max 6\n',
      'hugetlb.2MB.rsvd.current': '0\n',
      'rdma.current': 'mlx4_0 hca_handle=2 hca_object=2000\n',
    })
    const metrics = unpackMessage(MetricsV2, create(AnySchema, readUnifiedMetrics(temp.path)))
    expect(metrics?.pids).toMatchObject({ current: 3n, limit: 18_446_744_073_709_551_615n })
    expect(metrics?.cpu).toMatchObject({ usageUsec: 10n, userUsec: 6n, systemUsec: 4n, nrBursts: 1n, nrPeriods: 0n })
    expect(metrics?.cpu?.psi?.some).toMatchObject({ avg10: 1.5, avg60: 0.25, total: 77n })
    expect(metrics?.memory).toMatchObject({
      anon: 100n,
      file: 200n,
      usage: 300n,
      maxUsage: 400n,
      workingsetRefault: 7n,
      thpFaultAlloc: 8n,
      swapUsage: 0n,
    })
    expect(metrics?.memoryEvents).toMatchObject({ high: 1n, max: 2n, oom: 3n, oomKill: 4n, oomGroupKill: 5n })
    expect(metrics?.io?.usage).toMatchObject([{ major: 8n, minor: 0n, rbytes: 1n, wbytes: 2n, rios: 3n, wios: 4n }])
    expect(metrics?.hugetlb).toMatchObject([{ pagesize: '2MB', current: 2n, max: 5n, failcnt: 6n }])
    expect(metrics?.rdma?.current).toMatchObject([{ device: 'mlx4_0', hcaHandles: 2, hcaObjects: 2000 }])
  })

  it('leave memory events out where the file is missing', async () => {
    await using temp = await tempRoot('cg-')
    const metrics = unpackMessage(MetricsV2, create(AnySchema, readUnifiedMetrics(temp.path)))
    expect(metrics?.memoryEvents).toBeUndefined()
    expect(metrics?.cpu?.psi).toBeUndefined()
  })

  it('parse pressure and rdma limits', () => {
    expect(parsePressure('some avg10=0.10 avg60=0.20 avg300=0.30 total=4\n').some).toEqual({
      avg10: 0.1,
      avg60: 0.2,
      avg300: 0.3,
      total: 4n,
    })
    expect(rdmaOf('a hca_handle=max hca_object=1\n')).toEqual([{ device: 'a', hcaHandles: 0xffffffff, hcaObjects: 1 }])
  })
})
