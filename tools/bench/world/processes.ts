// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { processes } from '@containerd-ts/testkit'
import type { BenchDaemon } from './daemon.ts'

/** Of `/proc/PID/stat`: the kernel counts in hundredths of a second, whatever its own tick is. */
const ticksPerSecond = 100

/** Processor time that a process and its threads took so far. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** In MiB; a page that n processes share counts as one n-th in `pss`. */
export interface Memory {
  readonly rss: number
  readonly pss: number
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const mib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024
  return { rss: mib('Rss'), pss: mib('Pss') }
}

/** Shims of a daemon's containers: they share its mount namespace. */
export function shimsOf(daemon: BenchDaemon): readonly number[] {
  const all = processes()
  const namespace = all.find(({ pid }) => pid === daemon.pid)?.mountNamespace
  return all
    .filter((info) => info.mountNamespace === namespace && info.command.includes('containerd-shim-runc-v2'))
    .map(({ pid }) => pid)
}
