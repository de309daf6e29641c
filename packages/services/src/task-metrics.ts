// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { toTimestamp } from '@containerd-ts/api'
import { MetricSchema } from '@containerd-ts/api/types/metrics_pb'
import type { Metric } from '@containerd-ts/api/types/metrics_pb'
import { matchesAny, parseFilters } from '@containerd-ts/core'
import type { CallOptions, FieldLookup, Task } from '@containerd-ts/core'
import { describe, UnknownError } from '@containerd-ts/errdefs'
import { toAny } from '@containerd-ts/wire'

/** Metrics of the tasks that pass the filters; a task that cannot answer is left out. */
export async function taskMetrics(
  tasks: readonly Task[],
  filters: readonly string[],
  options: CallOptions,
): Promise<Metric[]> {
  const parsed = parse(filters)
  const wanted = tasks.filter((task) => matchesAny(parsed, lookup(task)))
  const settled = await Promise.allSettled(
    wanted.map(async (task) => {
      const stats = await task.stats(options)
      return create(MetricSchema, { id: task.id, timestamp: toTimestamp(new Date()), data: toAny(stats) })
    }),
  )
  return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

/** The original loses the code of a malformed filter here. */
function parse(filters: readonly string[]): ReturnType<typeof parseFilters> {
  try {
    return parseFilters(filters)
  } catch (cause) {
    throw new UnknownError(describe(cause))
  }
}

const lookup =
  (task: Task): FieldLookup =>
  ([field, ...rest]) => {
    if (rest.length > 0) return undefined
    if (field === 'id') return task.id
    return field === 'namespace' ? task.namespace : undefined
  }
