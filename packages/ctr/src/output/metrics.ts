// SPDX-License-Identifier: Apache-2.0
import { create, fromBinary } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { typeNameOf } from '@containerd-ts/api'
import { anyToGoJson } from '@containerd-ts/api/registry'
import type { TypedAny } from '@containerd-ts/core'
import { UnimplementedError } from '@containerd-ts/errdefs'

/** Everything in a metrics message, under its original names. */
export async function metricsJson(data: TypedAny): Promise<unknown> {
  return JSON.parse(await anyToGoJson(create(AnySchema, data))) as unknown
}

/** The rows the original shows, for either cgroup version. */
export async function metricRows(data: TypedAny): Promise<readonly (readonly [string, string])[]> {
  switch (typeNameOf(data.typeUrl)) {
    case 'io.containerd.cgroups.v1.Metrics':
      return rowsV1(data.value)
    case 'io.containerd.cgroups.v2.Metrics':
      return rowsV2(data.value)
    default:
      throw new UnimplementedError(`cannot show metrics of type ${data.typeUrl}`)
  }
}

async function rowsV1(bytes: Uint8Array): Promise<readonly (readonly [string, string])[]> {
  const { MetricsSchema } = await import('@containerd-ts/api/cgroups/v1/metrics_pb')
  const { memory, cpu, pids } = fromBinary(MetricsSchema, bytes)
  const usage = cpu?.usage
  return [
    ...(memory?.usage === undefined
      ? []
      : ([
          ['memory.usage_in_bytes', String(memory.usage.usage)],
          ['memory.limit_in_bytes', String(memory.usage.limit)],
          ['memory.stat.cache', String(memory.totalCache)],
        ] as const)),
    ...(usage === undefined
      ? []
      : ([
          ['cpuacct.usage', String(usage.total)],
          ['cpuacct.usage_percpu', `[${usage.perCpu.join(' ')}]`],
        ] as const)),
    ...(pids === undefined
      ? []
      : ([
          ['pids.current', String(pids.current)],
          ['pids.limit', String(pids.limit)],
        ] as const)),
  ]
}

async function rowsV2(bytes: Uint8Array): Promise<readonly (readonly [string, string])[]> {
  const { MetricsSchema } = await import('@containerd-ts/api/cgroups/v2/metrics_pb')
  const { pids, cpu, memory } = fromBinary(MetricsSchema, bytes)
  return [
    ['pids.current', String(pids?.current ?? 0)],
    ['pids.limit', String(pids?.limit ?? 0)],
    ['cpu.usage_usec', String(cpu?.usageUsec ?? 0)],
    ['cpu.user_usec', String(cpu?.userUsec ?? 0)],
    ['cpu.system_usec', String(cpu?.systemUsec ?? 0)],
    ['cpu.nr_periods', String(cpu?.nrPeriods ?? 0)],
    ['cpu.nr_throttled', String(cpu?.nrThrottled ?? 0)],
    ['cpu.throttled_usec', String(cpu?.throttledUsec ?? 0)],
    ['memory.usage', String(memory?.usage ?? 0)],
    ['memory.usage_limit', String(memory?.usageLimit ?? 0)],
    ['memory.swap_usage', String(memory?.swapUsage ?? 0)],
    ['memory.swap_limit', String(memory?.swapLimit ?? 0)],
  ]
}
