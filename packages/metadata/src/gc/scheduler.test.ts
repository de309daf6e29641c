// SPDX-License-Identifier: Apache-2.0
import type { GarbageCollector, GcStats } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MutationObserver } from '@containerd-ts/core'
import { GcScheduler, type GcSchedulerConfig } from './scheduler.ts'

/** A collector that takes as long as told, and writes that the test makes up. */
class World {
  runs = 0
  failure: Error | undefined
  elapsedMs = 10
  readonly observers = new Set<MutationObserver>()
  readonly collector: GarbageCollector = {
    collect: async (): Promise<GcStats> => {
      this.runs++
      if (this.failure !== undefined) throw this.failure
      return { elapsedMs: this.elapsedMs, removed: 0 }
    },
  }
  readonly scheduler: GcScheduler

  constructor(config: GcSchedulerConfig = {}) {
    const observe = (observer: MutationObserver): Disposable => {
      this.observers.add(observer)
      return { [Symbol.dispose]: () => void this.observers.delete(observer) }
    }
    this.scheduler = new GcScheduler({
      collector: this.collector,
      mutations: { observe },
      config: { startupDelayMs: 0, ...config },
    })
  }

  write(deletions = false, count = 1): void {
    for (let n = 0; n < count; n++) for (const observer of this.observers) observer(deletions)
  }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** What a call comes to, without leaving its failure unheard meanwhile. */
const outcome = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error)

describe('gc scheduler', () => {
  it('runs once after the start, unless told not to', async () => {
    const world = new World({ startupDelayMs: 100 })
    await pass(99)
    expect(world.runs).toBe(0)
    await pass(1)
    expect(world.runs).toBe(1)
    const silent = new World()
    await pass(60_000)
    expect([world.runs, silent.runs]).toEqual([1, 0])
  })

  it('collects after a deletion, then leaves time in proportion to what it took', async () => {
    const world = new World({ pauseThreshold: 0.02 })
    world.write(true)
    await pass(0)
    expect(world.runs).toBe(1)
    world.write(true)
    await pass(489) // 10 ms are 2 % of 500 ms
    expect(world.runs).toBe(1)
    await pass(1)
    expect(world.runs).toBe(2)
  })

  it('waits for many writes when nothing was deleted', async () => {
    const world = new World({ mutationThreshold: 3 })
    world.write(false, 2)
    await pass(10_000)
    expect(world.runs).toBe(0)
    world.write()
    await pass(0)
    expect(world.runs).toBe(1)
  })

  it('does not wait for the interval once deletions pass their threshold', async () => {
    const world = new World({ deletionThreshold: 3, scheduleDelayMs: 5 })
    world.write(true)
    await pass(5)
    expect(world.runs).toBe(1)
    world.write(true, 2)
    await pass(100)
    expect(world.runs).toBe(1)
    world.write(true)
    await pass(5)
    expect(world.runs).toBe(2)
  })

  it('runs on demand after the delay, once for all who wait', async () => {
    const world = new World({ scheduleDelayMs: 20 })
    const all = Promise.all([world.scheduler.collect(), world.scheduler.collect()])
    await pass(19)
    expect(world.runs).toBe(0)
    await pass(1)
    expect(await all).toEqual([1, 2].map(() => ({ elapsedMs: 10, removed: 0 })))
    expect(world.runs).toBe(1)
  })

  it('tells those who wait of a failure, and tries again by itself', async () => {
    const world = new World()
    world.failure = new Error('broken')
    world.write(true)
    const waiting = outcome(world.scheduler.collect())
    await pass(0)
    expect(await waiting).toMatchObject({ code: Code.Unknown, message: 'gc failed', cause: world.failure })
    world.failure = undefined
    await pass(1000)
    expect(world.runs).toBe(2)
  })

  it('lets a waiter give up', async () => {
    const world = new World({ scheduleDelayMs: 50 })
    const stop = new AbortController()
    const waiting = outcome(world.scheduler.collect({ signal: stop.signal }))
    stop.abort(new Error('bored'))
    expect(await waiting).toEqual(new Error('bored'))
    await pass(50)
    expect(world.runs).toBe(1)
  })

  it('ends with its waiters', async () => {
    const world = new World({ scheduleDelayMs: 50 })
    const waiting = outcome(world.scheduler.collect())
    await world.scheduler[Symbol.asyncDispose]()
    expect(await waiting).toMatchObject({ code: Code.Unavailable })
    await expect(world.scheduler.collect()).rejects.toThrow('stopped')
    expect(world.observers.size).toBe(0)
    await pass(1000)
    expect(world.runs).toBe(0)
  })

  it('keeps its thresholds in bounds', () => {
    expect(new World({ pauseThreshold: 0.9, deletionThreshold: -1 }).scheduler.config).toMatchObject({
      pauseThreshold: 0.5,
      deletionThreshold: 0,
      mutationThreshold: 100,
    })
  })
})
