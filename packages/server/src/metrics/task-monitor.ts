// SPDX-License-Identifier: Apache-2.0
import type { Task, TaskMonitor } from '@containerd-ts/core'
import { deadline } from '@containerd-ts/lifecycle'
import { definePlugin, EventExchanges, TaskMonitors } from '@containerd-ts/plugin'
import type { AnyPlugin } from '@containerd-ts/plugin'
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { registry } from './registry.ts'
import { taskSamples } from './task-samples.ts'

const defaultTimeoutMs = 2000

/** Shows what tasks use on the metrics endpoint; each scrape asks their shims. */
export const taskMonitorPlugin: AnyPlugin = definePlugin({
  slot: TaskMonitors,
  id: 'cgroups',
  requires: [EventExchanges],
  defaults: { no_prometheus: false },
  init: ({ config, daemon }) =>
    new MetricsTaskMonitor({
      registry: config.no_prometheus ? undefined : registry,
      timeoutMs: daemon.timeoutsMs['io.containerd.timeout.metrics.shimstats'] ?? defaultTimeoutMs,
    }),
})

interface MetricsTaskMonitorInit {
  /** Absent: tasks are known, but nothing is shown. */
  readonly registry: Registry | undefined
  /** How long one task may take to answer a scrape. */
  readonly timeoutMs: number
}

/** Keeps the tasks to ask; a task that does not answer in time is left out of that scrape. */
export class MetricsTaskMonitor implements TaskMonitor, Disposable {
  readonly #tasks = new Map<string, Task>()
  readonly #init: MetricsTaskMonitorInit
  readonly #gauges = new Map<string, Gauge>()
  readonly #collector: Gauge | undefined

  constructor(init: MetricsTaskMonitorInit) {
    this.#init = init
    const collect = (): Promise<void> => this.#collect()
    this.#collector =
      init.registry === undefined
        ? undefined
        : new Gauge({
            name: 'containerd_ts_monitored_tasks',
            help: 'tasks whose cgroups are watched',
            registers: [init.registry],
            collect,
          })
  }

  monitor(task: Task): void {
    this.#tasks.set(keyOf(task), task)
  }

  stop(task: Task): void {
    this.#tasks.delete(keyOf(task))
  }

  [Symbol.dispose](): void {
    this.#init.registry?.removeSingleMetric('containerd_ts_monitored_tasks')
    for (const name of this.#gauges.keys()) this.#init.registry?.removeSingleMetric(name)
  }

  async #collect(): Promise<void> {
    this.#collector?.set(this.#tasks.size)
    for (const gauge of this.#gauges.values()) gauge.reset()
    await Promise.allSettled([...this.#tasks.values()].map((task) => this.#scrape(task)))
  }

  async #scrape(task: Task): Promise<void> {
    using limit = deadline(this.#init.timeoutMs, undefined, `stats of task ${task.id}`)
    const stats = await task.stats({ signal: limit.signal })
    for (const { name, help, value, labels = {} } of taskSamples(stats)) {
      const all = { container_id: task.id, namespace: task.namespace, runtime: task.runtime, ...labels }
      this.#gauge(`container_${name}`, help, Object.keys(all)).set(all, value)
    }
  }

  #gauge(name: string, help: string, labelNames: readonly string[]): Gauge {
    let gauge = this.#gauges.get(name)
    if (gauge === undefined) {
      const registers = this.#init.registry === undefined ? [] : [this.#init.registry]
      gauge = new Gauge({ name, help, labelNames: [...labelNames], registers })
      this.#gauges.set(name, gauge)
    }
    return gauge
  }
}

const keyOf = ({ namespace, id }: Task): string => `${namespace}/${id}`
