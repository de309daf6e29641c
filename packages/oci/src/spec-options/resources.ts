// SPDX-License-Identifier: Apache-2.0
import type { SpecResources } from '../runtime-spec.ts'
import { linuxOf, resourcesOf } from '../spec-builder.ts'
import type { SpecOption } from '../spec-builder.ts'

const withCpu =
  (values: NonNullable<SpecResources['cpu']>): SpecOption =>
  (spec) => {
    const resources = resourcesOf(spec)
    resources.cpu = { ...resources.cpu, ...values }
  }

const periodUs = 100_000

/** A number of CPUs, fractions included, as a quota of 100 ms periods. */
export const withCpus = (count: number): SpecOption =>
  withCpu({ quota: Math.trunc(count * periodUs), period: periodUs })
/** Quota and period in microseconds. */
export const withCpuQuota = (quota: number, period: number): SpecOption => withCpu({ quota, period })
export const withCpuShares = (shares: number): SpecOption => withCpu({ shares })
export const withCpusetCpus = (cpus: string): SpecOption => withCpu({ cpus })
export const withCpusetMems = (mems: string): SpecOption => withCpu({ mems })

const withMemory =
  (values: NonNullable<SpecResources['memory']>): SpecOption =>
  (spec) => {
    const resources = resourcesOf(spec)
    resources.memory = { ...resources.memory, ...values }
  }

/** Limit in bytes. */
export const withMemoryLimit = (limit: number): SpecOption => withMemory({ limit })
/** Memory and swap together, in bytes. */
export const withMemorySwap = (swap: number): SpecOption => withMemory({ swap })

export const withPidsLimit =
  (limit: number): SpecOption =>
  (spec) => {
    resourcesOf(spec).pids = { limit }
  }

/** Empty leaves the container in the cgroup of its runtime. */
export const withCgroup =
  (path: string): SpecOption =>
  (spec) => {
    linuxOf(spec).cgroupsPath = path
  }

export const withSysctl =
  (values: Readonly<Record<string, string>>): SpecOption =>
  (spec) => {
    const linux = linuxOf(spec)
    linux.sysctl = { ...linux.sysctl, ...values }
  }

/** Class of Intel resource director technology. */
export const withRdtClass =
  (closID: string): SpecOption =>
  (spec) => {
    linuxOf(spec).intelRdt = { closID }
  }

/** Limits of hugepages, such as `2MB`, in bytes. */
export const withHugepageLimits =
  (limits: readonly { readonly pageSize: string; readonly limit: number }[]): SpecOption =>
  (spec) => {
    resourcesOf(spec).hugepageLimits = limits.map((limit) => ({ ...limit }))
  }
