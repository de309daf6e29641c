// SPDX-License-Identifier: Apache-2.0
import type { TaskDriver } from './driver.ts'

/** What a shim does where releases of the original differ. */
export interface TaskShimTraits {
  /** What `start` reads and prints: `params` since 2.3, `options` before. */
  readonly startInput: 'params' | 'options'
  /** Versions of the task API that it serves. */
  readonly taskVersions: readonly (2 | 3)[]
  /** Deleting a container that never ran tells its exit before its deletion, and answers who waits for it. */
  readonly tellsExitOfUnstarted: boolean
  /** Options of a foreign type are refused; the original ends in a panic. */
  readonly refusesForeignOptions: boolean
  /** The init's exit is told last, and nothing can be started beside an init that has ended: code 9. */
  readonly initEndsLast: boolean
  /** Nothing stays open of a container that is gone; 1.6 keeps a descriptor of a terminal. */
  readonly releasesDescriptors: boolean
  /** `file:` takes standard error as well. */
  readonly filesTakeStderr: boolean
  /** Shutdown delivers the last events first. */
  readonly drainsEvents: boolean
  /** A `-info` command exists. */
  readonly info: boolean
  /** The socket of a group that bears another name than its first container is removed at the end. */
  readonly removesGroupSocket: boolean
}

export interface TaskSuite {
  readonly traits: TaskShimTraits
  /** A driver on a fresh fixture; the caller disposes it. */
  open(version?: 2 | 3): Promise<TaskDriver>
}

/** Tries until it holds, for 10 s. */
export async function eventually(what: string, probe: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000
  while (!(await probe())) {
    if (Date.now() > end) throw new Error(`${what}: not within 10 s`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
