// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from '@bufbuild/protobuf'
import { packMessage } from '@containerd-ts/api'
import { MetricsSchema } from '@containerd-ts/api/cgroups/v2/metrics_pb'
import type { TypedAny } from '@containerd-ts/core'
import { KeyValues, readNumber, readText } from './files.ts'
import { sizesIn } from './metrics-v1.ts'
import { rdmaOf } from './rdma.ts'

type Metrics = MessageInitShape<typeof MetricsSchema>
type Part<K extends keyof Metrics> = NonNullable<Metrics[K]>
type Psi = NonNullable<Part<'cpu'>['psi']>

const memoryStats = [
  'anon',
  'file',
  'kernel_stack',
  'slab',
  'sock',
  'shmem',
  'file_mapped',
  'file_dirty',
  'file_writeback',
  'anon_thp',
  'inactive_anon',
  'active_anon',
  'inactive_file',
  'active_file',
  'unevictable',
  'slab_reclaimable',
  'slab_unreclaimable',
  'pgfault',
  'pgmajfault',
  'workingset_refault',
  'workingset_activate',
  'workingset_nodereclaim',
  'pgrefill',
  'pgscan',
  'pgsteal',
  'pgactivate',
  'pgdeactivate',
  'pglazyfree',
  'pglazyfreed',
  'thp_fault_alloc',
  'thp_collapse_alloc',
] as const

/** @param directory - the container's cgroup in the unified hierarchy */
export function readUnifiedMetrics(directory: string): TypedAny {
  const events = new KeyValues(readText(directory, 'memory.events'))
  return packMessage(MetricsSchema, {
    pids: { current: readNumber(directory, 'pids.current'), limit: readNumber(directory, 'pids.max') },
    cpu: cpu(directory),
    memory: memory(directory),
    rdma: { current: rdmaOf(readText(directory, 'rdma.current')), limit: rdmaOf(readText(directory, 'rdma.max')) },
    io: { usage: io(directory), ...psi(directory, 'io.pressure') },
    hugetlb: hugetlb(directory),
    ...(events.size === 0 ? {} : { memoryEvents: memoryEvents(events) }),
  })
}

function cpu(directory: string): Part<'cpu'> {
  const stat = new KeyValues(readText(directory, 'cpu.stat'))
  return {
    usageUsec: stat.get('usage_usec'),
    userUsec: stat.get('user_usec'),
    systemUsec: stat.get('system_usec'),
    nrPeriods: stat.get('nr_periods'),
    nrThrottled: stat.get('nr_throttled'),
    throttledUsec: stat.get('throttled_usec'),
    nrBursts: stat.get('nr_bursts'),
    burstUsec: stat.get('burst_usec'),
    ...psi(directory, 'cpu.pressure'),
  }
}

function memory(directory: string): Part<'memory'> {
  const stat = new KeyValues(readText(directory, 'memory.stat'))
  const values = Object.fromEntries(memoryStats.map((key) => [camel(key), stat.get(key)]))
  return {
    ...values,
    // Kernels since 5.9 count the two kinds of pages apart.
    workingsetRefault:
      stat.get('workingset_refault') || stat.get('workingset_refault_anon') + stat.get('workingset_refault_file'),
    workingsetActivate:
      stat.get('workingset_activate') || stat.get('workingset_activate_anon') + stat.get('workingset_activate_file'),
    usage: readNumber(directory, 'memory.current'),
    usageLimit: readNumber(directory, 'memory.max'),
    maxUsage: readNumber(directory, 'memory.peak'),
    swapUsage: readNumber(directory, 'memory.swap.current'),
    swapLimit: readNumber(directory, 'memory.swap.max'),
    swapMaxUsage: readNumber(directory, 'memory.swap.peak'),
    ...psi(directory, 'memory.pressure'),
  }
}

const memoryEvents = (events: KeyValues): Part<'memoryEvents'> => ({
  low: events.get('low'),
  high: events.get('high'),
  max: events.get('max'),
  oom: events.get('oom'),
  oomKill: events.get('oom_kill'),
  oomGroupKill: events.get('oom_group_kill'),
})

function io(directory: string): NonNullable<Part<'io'>['usage']> {
  return readText(directory, 'io.stat')
    .split('\n')
    .flatMap((line) => {
      const [, major, minor, rest] = /^(\d+):(\d+) (.*)$/.exec(line) ?? []
      if (major === undefined || minor === undefined) return []
      const values = new KeyValues((rest ?? '').replaceAll('=', ' ').replace(/(\S+ \S+) ?/g, '$1\n'))
      const [rbytes, wbytes, rios, wios] = ['rbytes', 'wbytes', 'rios', 'wios'].map((key) => values.get(key)) as [
        bigint,
        bigint,
        bigint,
        bigint,
      ]
      return [{ major: BigInt(major), minor: BigInt(minor), rbytes, wbytes, rios, wios }]
    })
}

function hugetlb(directory: string): Part<'hugetlb'> {
  return sizesIn(directory, /^hugetlb\.(.+)\.current$/).map((pagesize) => ({
    pagesize,
    current: readNumber(directory, `hugetlb.${pagesize}.current`),
    max: readNumber(directory, `hugetlb.${pagesize}.max`),
    failcnt: new KeyValues(readText(directory, `hugetlb.${pagesize}.events`)).get('max'),
  }))
}

function psi(directory: string, file: string): { psi?: Psi } {
  const text = readText(directory, file)
  return text === '' ? {} : { psi: parsePressure(text) }
}

/** Lines `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`. */
export function parsePressure(text: string): Psi {
  const line = (kind: string): NonNullable<Psi['some']> => {
    const fields = new RegExp(`^${kind} avg10=(\\S+) avg60=(\\S+) avg300=(\\S+) total=(\\d+)$`, 'm').exec(text)
    if (fields === null) return {}
    return {
      avg10: Number(fields[1]),
      avg60: Number(fields[2]),
      avg300: Number(fields[3]),
      total: BigInt(fields[4] ?? 0),
    }
  }
  return { some: line('some'), full: line('full') }
}

const camel = (key: string): string => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
