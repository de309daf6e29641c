// SPDX-License-Identifier: Apache-2.0
import { fromBinary } from '@bufbuild/protobuf'
import { typeNameOf } from '@containerd-ts/api'
import { MetricsSchema as MetricsV1 } from '@containerd-ts/api/cgroups/v1/metrics_pb'
import { MetricsSchema as MetricsV2 } from '@containerd-ts/api/cgroups/v2/metrics_pb'
import type { TypedAny } from '@containerd-ts/core'

/** One value of a task; the name lacks the prefix `container_`. */
export interface TaskSample {
  readonly name: string
  readonly help: string
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
}

/** Values of a task's cgroup under the original's names; none for types nobody knows. */
export function taskSamples({ typeUrl, value }: TypedAny): readonly TaskSample[] {
  switch (typeNameOf(typeUrl)) {
    case MetricsV1.typeName:
      return samplesV1(value)
    case MetricsV2.typeName:
      return samplesV2(value)
    default:
      return []
  }
}

const sample = (name: string, help: string, value: bigint | number | undefined): TaskSample[] =>
  value === undefined ? [] : [{ name, help, value: Number(value) }]

function samplesV1(bytes: Uint8Array): TaskSample[] {
  const { cpu, memory, pids, hugetlb, memoryOomControl } = fromBinary(MetricsV1, bytes)
  const { usage, throttling } = cpu ?? {}
  return [
    ...sample('cpu_total_nanoseconds', 'total cpu time', usage?.total),
    ...sample('cpu_kernel_nanoseconds', 'kernel cpu time', usage?.kernel),
    ...sample('cpu_user_nanoseconds', 'user cpu time', usage?.user),
    ...(usage?.perCpu ?? []).map((time, cpuIndex) => ({
      name: 'per_cpu_nanoseconds',
      help: 'cpu time of each cpu',
      value: Number(time),
      labels: { cpu: String(cpuIndex) },
    })),
    ...sample('cpu_throttle_periods_total', 'periods with a quota', throttling?.periods),
    ...sample('cpu_throttled_periods_total', 'periods in which the quota ended', throttling?.throttledPeriods),
    ...sample('cpu_throttled_time_nanoseconds', 'time spent throttled', throttling?.throttledTime),
    ...sample('memory_cache_bytes', 'page cache', memory?.cache),
    ...sample('memory_rss_bytes', 'anonymous memory', memory?.rss),
    ...sample('memory_usage_usage_bytes', 'memory in use', memory?.usage?.usage),
    ...sample('memory_usage_limit_bytes', 'memory limit', memory?.usage?.limit),
    ...sample('memory_usage_max_bytes', 'most memory ever in use', memory?.usage?.max),
    ...sample('memory_usage_failcnt_total', 'times the memory limit was hit', memory?.usage?.failcnt),
    ...sample('memory_total_cache_bytes', 'page cache, with children', memory?.totalCache),
    ...sample('memory_total_rss_bytes', 'anonymous memory, with children', memory?.totalRss),
    ...sample('memory_oom_total', 'out-of-memory kills', memoryOomControl?.oomKill),
    ...sample('pids_current', 'processes', pids?.current),
    ...sample('pids_limit', 'limit of processes', pids?.limit),
    ...hugetlb.map(({ usage: used, pagesize }) => ({
      name: 'hugetlb_usage_bytes',
      help: 'huge pages in use',
      value: Number(used),
      labels: { page: pagesize },
    })),
  ]
}

function samplesV2(bytes: Uint8Array): TaskSample[] {
  const { cpu, memory, pids, io, memoryEvents } = fromBinary(MetricsV2, bytes)
  return [
    ...sample('cpu_usage_usec_microseconds', 'total cpu time', cpu?.usageUsec),
    ...sample('cpu_user_usec_microseconds', 'user cpu time', cpu?.userUsec),
    ...sample('cpu_system_usec_microseconds', 'kernel cpu time', cpu?.systemUsec),
    ...sample('cpu_nr_periods_total', 'periods with a quota', cpu?.nrPeriods),
    ...sample('cpu_nr_throttled_total', 'periods in which the quota ended', cpu?.nrThrottled),
    ...sample('cpu_throttled_usec_microseconds', 'time spent throttled', cpu?.throttledUsec),
    ...sample('memory_usage_bytes', 'memory in use', memory?.usage),
    ...sample('memory_usage_limit_bytes', 'memory limit', memory?.usageLimit),
    ...sample('memory_swap_usage_bytes', 'swap in use', memory?.swapUsage),
    ...sample('memory_swap_limit_bytes', 'swap limit', memory?.swapLimit),
    ...sample('memory_anon_bytes', 'anonymous memory', memory?.anon),
    ...sample('memory_file_bytes', 'page cache', memory?.file),
    ...sample('memory_pgfault_bytes', 'page faults', memory?.pgfault),
    ...sample('memory_oom_total', 'out-of-memory kills', memoryEvents?.oomKill),
    ...sample('pids_current', 'processes', pids?.current),
    ...sample('pids_limit', 'limit of processes', pids?.limit),
    ...(io?.usage ?? []).flatMap(({ major, minor, rbytes, wbytes, rios, wios }) => {
      const labels = { major: String(major), minor: String(minor) }
      const values = { io_rbytes_bytes: rbytes, io_wbytes_bytes: wbytes, io_rios_total: rios, io_wios_total: wios }
      return Object.entries(values).map(([name, value]) => ({
        name,
        help: 'input and output',
        value: Number(value),
        labels,
      }))
    }),
  ]
}
