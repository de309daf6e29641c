// SPDX-License-Identifier: Apache-2.0
import { performance } from 'node:perf_hooks'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'

/** Longest work at a stretch beside others: a call that takes a few turns of the event loop waits a few of these. */
const shortMs = 0.25
/** The same while nobody else uses the loop. */
const longMs = 2
/** After some stretches; after the others everybody who waits has one turn of the event loop. */
const pauseMs = 1
const stretchesPerPause = 12
/** A pause is quiet when the loop has had nothing to do for this share of it. */
const quietShare = 0.9
/** So many quiet ones in a row mean that nobody else is there; while a commit is on its way, a few are. */
const quietPauses = 8

/** Cuts long work into short stretches with time between them for everybody else; longer ones while it is alone. */
export class Pacer {
  #stretchMs: number
  #quiet = 0
  #stretches = 0
  #since = performance.now()

  /** @param stretches - lengthens the first one so many times */
  constructor(stretches = 1) {
    this.#stretchMs = stretches * shortMs
  }

  /** Whether the stretch is over: time to pause. */
  isDue(): boolean {
    return performance.now() - this.#since > this.#stretchMs
  }

  async pause(): Promise<void> {
    if (++this.#stretches % stretchesPerPause === 0) await this.#rest()
    else await setImmediate()
    this.#since = performance.now()
  }

  async #rest(): Promise<void> {
    const before = performance.eventLoopUtilization()
    await sleep(pauseMs)
    const { idle, active } = performance.eventLoopUtilization(before)
    this.#quiet = idle > quietShare * (idle + active) ? this.#quiet + 1 : 0
    this.#stretchMs = this.#quiet < quietPauses ? shortMs : longMs
  }

  /** Pauses when it is time to. */
  pauseIfDue(): Promise<void> | undefined {
    return this.isDue() ? this.pause() : undefined
  }
}
