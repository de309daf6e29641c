// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'

/** Longest work at a stretch, and the pause after it: a call that takes a few turns of the loop waits a few of the former. */
const stretchMs = 0.5
const pauseMs = 1

/** Cuts long work into short stretches with time between them for everybody else. */
export class Pacer {
  #since = performance.now()

  /** Whether the stretch is over: time to pause. */
  isDue(): boolean {
    return performance.now() - this.#since > stretchMs
  }

  async pause(): Promise<void> {
    await sleep(pauseMs)
    this.#since = performance.now()
  }

  /** Pauses when it is time to. */
  pauseIfDue(): Promise<void> | undefined {
    return this.isDue() ? this.pause() : undefined
  }
}
