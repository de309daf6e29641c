// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync } from 'node:fs'
import { eventually, mountsBelow, processes } from '@containerd-ts/testkit'
import { expect } from 'vitest'
import type { ManagerRig } from './harness.ts'

/** What a container runs that is there to stay. */
export const SLEEP = ['sleep', '1000']

/** Shim processes of this rig. */
export const shimPids = (rig: ManagerRig): number[] =>
  processes()
    .filter(({ command }) => command.includes('containerd-shim-runc-v2') && command.includes(rig.dir.path))
    .map(({ pid }) => pid)

/** A running task. */
export async function startSleeper(rig: ManagerRig, id: string): Promise<number> {
  const { pid } = await rig.create(id, SLEEP)
  expect(await rig.call(id, 'start')).toBe(pid)
  return pid
}

/** No file, mount, process or socket of the task may be left. */
export async function expectNothingLeft(rig: ManagerRig, id: string): Promise<void> {
  expect(existsSync(rig.bundle(id))).toBe(false)
  expect(existsSync(rig.work(id))).toBe(false)
  expect(mountsBelow(rig.dir.path, rig.mounts.pid)).toEqual([])
  await eventually('end of the shim', () => shimPids(rig).length === 0)
  const socketDirs = [rig.dir.join('s'), `/proc/${rig.mounts.pid}/root/run/containerd/s`]
  expect(socketDirs.flatMap((dir) => (existsSync(dir) ? readdirSync(dir) : []))).toEqual([])
}

/** Topics of a container's events, in order of arrival, with those the manager made itself marked. */
export const topics = async (rig: ManagerRig, id: string): Promise<string[]> =>
  (await rig.events(id)).map(({ topic, from }) => (from === 'shim' ? topic : `${topic} (manager)`))
