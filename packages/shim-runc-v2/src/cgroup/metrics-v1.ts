// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { packMessage } from '@containerd-ts/api'
import { MetricsSchema } from '@containerd-ts/api/cgroups/v1/metrics_pb'
import type { TypedAny } from '@containerd-ts/core'
import { KeyValues, readNumber, readText } from './files.ts'
import { rdmaOf } from './rdma.ts'

type Metrics = MessageInitShape<typeof MetricsSchema>
type Part<K extends keyof Metrics> = NonNullable<Metrics[K]>

/** Length of a clock tick of cpuacct.stat in nanoseconds (100 a second on every Linux port). */
const tickNs = 10_000_000n

/** @param directories - the container's cgroup in each controller's hierarchy */
export function readControllerMetrics(directories: ReadonlyMap<string, string>): TypedAny {
  const metrics: Metrics = {}
  const read = (controller: string, into: (directory: string) => void): void => {
    const directory = directories.get(controller)
    if (directory !== undefined) into(directory)
  }
  read('hugetlb', (d) => void (metrics.hugetlb = hugetlb(d)))
  read(
    'pids',
    (d) => void (metrics.pids = { current: readNumber(d, 'pids.current'), limit: limitOf(readText(d, 'pids.max')) }),
  )
  metrics.cpu = cpu(directories.get('cpuacct'), directories.get('cpu'))
  read('memory', (d) => {
    metrics.memory = memory(d)
    metrics.memoryOomControl = oomControl(d)
  })
  read('blkio', (d) => void (metrics.blkio = blkio(d)))
  read(
    'rdma',
    (d) =>
      void (metrics.rdma = { current: rdmaOf(readText(d, 'rdma.current')), limit: rdmaOf(readText(d, 'rdma.max')) }),
  )
  return packMessage(MetricsSchema, metrics)
}

/** The pids controller says `max` for no limit, which this message gives as 0. */
const limitOf = (text: string): bigint => (/^\d+$/.test(text.trim()) ? BigInt(text.trim()) : 0n)

function cpu(cpuacct: string | undefined, cpuDirectory: string | undefined): Part<'cpu'> {
  const result: Part<'cpu'> = {}
  if (cpuacct !== undefined) {
    const ticks = new KeyValues(readText(cpuacct, 'cpuacct.stat'))
    const perCpu = readText(cpuacct, 'cpuacct.usage_percpu').trim()
    result.usage = {
      total: readNumber(cpuacct, 'cpuacct.usage'),
      kernel: ticks.get('system') * tickNs,
      user: ticks.get('user') * tickNs,
      perCpu: perCpu === '' ? [] : perCpu.split(/\s+/).map(BigInt),
    }
  }
  if (cpuDirectory !== undefined) {
    const stat = new KeyValues(readText(cpuDirectory, 'cpu.stat'))
    result.throttling = {
      periods: stat.get('nr_periods'),
      throttledPeriods: stat.get('nr_throttled'),
      throttledTime: stat.get('throttled_time'),
    }
  }
  return result
}

const memoryFields = {
  cache: 'cache',
  rss: 'rss',
  rssHuge: 'rss_huge',
  mappedFile: 'mapped_file',
  dirty: 'dirty',
  writeback: 'writeback',
  pgPgIn: 'pgpgin',
  pgPgOut: 'pgpgout',
  pgFault: 'pgfault',
  pgMajFault: 'pgmajfault',
  inactiveAnon: 'inactive_anon',
  activeAnon: 'active_anon',
  inactiveFile: 'inactive_file',
  activeFile: 'active_file',
  unevictable: 'unevictable',
} as const

function memory(directory: string): Part<'memory'> {
  const stat = new KeyValues(readText(directory, 'memory.stat'))
  const values: Record<string, bigint> = {
    hierarchicalMemoryLimit: stat.get('hierarchical_memory_limit'),
    hierarchicalSwapLimit: stat.get('hierarchical_memsw_limit'),
  }
  for (const [field, key] of Object.entries(memoryFields)) {
    values[field] = stat.get(key)
    values[`total${field.charAt(0).toUpperCase()}${field.slice(1)}`] = stat.get(`total_${key}`)
  }
  return {
    ...values,
    usage: memoryEntry(directory, 'memory.'),
    swap: memoryEntry(directory, 'memory.memsw.'),
    kernel: memoryEntry(directory, 'memory.kmem.'),
    kernelTcp: memoryEntry(directory, 'memory.kmem.tcp.'),
  }
}

const memoryEntry = (
  directory: string,
  prefix: string,
): { limit: bigint; usage: bigint; max: bigint; failcnt: bigint } => ({
  limit: readNumber(directory, `${prefix}limit_in_bytes`),
  usage: readNumber(directory, `${prefix}usage_in_bytes`),
  max: readNumber(directory, `${prefix}max_usage_in_bytes`),
  failcnt: readNumber(directory, `${prefix}failcnt`),
})

function oomControl(directory: string): Part<'memoryOomControl'> {
  const control = new KeyValues(readText(directory, 'memory.oom_control'))
  return {
    oomKillDisable: control.get('oom_kill_disable'),
    underOom: control.get('under_oom'),
    oomKill: control.get('oom_kill'),
  }
}

function hugetlb(directory: string): Part<'hugetlb'> {
  return sizesIn(directory, /^hugetlb\.(.+)\.usage_in_bytes$/).map((pagesize) => ({
    pagesize,
    usage: readNumber(directory, `hugetlb.${pagesize}.usage_in_bytes`),
    max: readNumber(directory, `hugetlb.${pagesize}.max_usage_in_bytes`),
    failcnt: readNumber(directory, `hugetlb.${pagesize}.failcnt`),
  }))
}

export function sizesIn(directory: string, pattern: RegExp): string[] {
  try {
    return readdirSync(directory)
      .flatMap((name) => pattern.exec(name)?.[1] ?? [])
      .filter((size) => !size.includes('rsvd'))
  } catch {
    return []
  }
}

function blkio(directory: string): Part<'blkio'> {
  // The throttling layer counts where no proportional-weight scheduler is at work.
  const cfq = entries(directory, 'io_serviced_recursive')
  if (cfq.length === 0) {
    return {
      ioServiceBytesRecursive: entries(directory, 'throttle.io_service_bytes'),
      ioServicedRecursive: entries(directory, 'throttle.io_serviced'),
    }
  }
  return {
    ioServicedRecursive: cfq,
    ioServiceBytesRecursive: entries(directory, 'io_service_bytes_recursive'),
    ioQueuedRecursive: entries(directory, 'io_queued_recursive'),
    ioServiceTimeRecursive: entries(directory, 'io_service_time_recursive'),
    ioWaitTimeRecursive: entries(directory, 'io_wait_time_recursive'),
    ioMergedRecursive: entries(directory, 'io_merged_recursive'),
    ioTimeRecursive: entries(directory, 'time_recursive'),
    sectorsRecursive: entries(directory, 'sectors_recursive'),
  }
}

function entries(
  directory: string,
  file: string,
): { op: string; device: string; major: bigint; minor: bigint; value: bigint }[] {
  return readText(directory, `blkio.${file}`)
    .split('\n')
    .flatMap((line) => {
      const [, major, minor, op = '', value] = /^(\d+):(\d+)(?: (\w+))? (\d+)$/.exec(line) ?? []
      if (major === undefined || minor === undefined || value === undefined) return []
      return [{ op, device: '', major: BigInt(major), minor: BigInt(minor), value: BigInt(value) }]
    })
}
