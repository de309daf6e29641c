// SPDX-License-Identifier: Apache-2.0
import { performance } from 'node:perf_hooks'

/** A step that failed. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure'
  readonly step: string

  constructor(step: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.step = step
  }
}

/** Says each step before it begins, and how long it took. */
export class Steps {
  #count = 0

  /** @throws {StartFailure} the step failed */
  async run<T>(title: string, work: () => Promise<T>): Promise<T> {
    console.log(`\n[${++this.#count}] ${title}`)
    const began = performance.now()
    try {
      const result = await work()
      console.log(`    ok, ${((performance.now() - began) / 1000).toFixed(2)} s`)
      return result
    } catch (error) {
      throw new StartFailure(title, error)
    }
  }
}

/** What a command printed, set apart from what we say. */
export function show(text: string): void {
  for (const line of text.trimEnd().split('\n')) console.log(`    | ${line}`)
}
