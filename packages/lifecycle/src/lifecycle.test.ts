// SPDX-License-Identifier: Apache-2.0
import { isDeadlineExceeded } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { AsyncQueue, Background, deadline, KeyedLock, Semaphore, sleep, untilAborted } from './index.ts'

describe('KeyedLock', () => {
  it('serves one key in order and other keys at once', async () => {
    const lock = new KeyedLock()
    const order: string[] = []
    const first = await lock.acquire('a')
    const second = lock.run('a', () => void order.push('second'))
    const third = lock.run('a', () => void order.push('third'))
    await lock.run('b', () => void order.push('other'))
    first[Symbol.dispose]()
    await Promise.all([second, third])
    expect(order).toEqual(['other', 'second', 'third'])
    expect(lock.isHeld('a')).toBe(false)
  })

  it('lets the next one pass when a waiter gives up', async () => {
    const lock = new KeyedLock()
    const first = await lock.acquire('a')
    const stop = new AbortController()
    const gaveUp = lock.acquire('a', stop.signal)
    const patient = lock.acquire('a')
    stop.abort(new Error('bored'))
    await expect(gaveUp).rejects.toThrow('bored')
    expect(lock.tryAcquire('a')).toBeUndefined()
    first[Symbol.dispose]()
    ;(await patient)[Symbol.dispose]()
    expect(lock.isHeld('a')).toBe(false)
  })

  it('stays with its holder when the only waiter gives up', async () => {
    const lock = new KeyedLock()
    const first = await lock.acquire('a')
    const stop = new AbortController()
    const gaveUp = lock.acquire('a', stop.signal)
    stop.abort(new Error('bored'))
    await expect(gaveUp).rejects.toThrow('bored')
    expect(lock.tryAcquire('a')).toBeUndefined()
    let entered = false
    const late = lock.run('a', () => void (entered = true))
    await sleep(1)
    expect(entered).toBe(false)
    first[Symbol.dispose]()
    await late
    expect(lock.isHeld('a')).toBe(false)
  })
})

describe('Semaphore', () => {
  it('never lets in more than its limit', async () => {
    const semaphore = new Semaphore(2)
    let now = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 8 }, () =>
        semaphore.run(async () => {
          most = Math.max(most, ++now)
          await sleep(1)
          now--
        }),
      ),
    )
    expect(most).toBe(2)
  })

  it('forgets a waiter that was aborted', async () => {
    const semaphore = new Semaphore(1)
    const held = await semaphore.acquire()
    await expect(semaphore.acquire(AbortSignal.timeout(5))).rejects.toThrow()
    held[Symbol.dispose]()
    held[Symbol.dispose]()
    ;(await semaphore.acquire())[Symbol.dispose]()
  })
})

describe('AsyncQueue', () => {
  it('holds writers back at the limit', async () => {
    const queue = new AsyncQueue<number>(1)
    await queue.push(1)
    let pushed = false
    const second = queue.push(2).then(() => (pushed = true))
    await sleep(1)
    expect(pushed).toBe(false)
    expect(await queue.next()).toEqual({ done: false, value: 1 })
    await second
    queue.close()
    expect(await queue.next()).toEqual({ done: false, value: 2 })
    expect((await queue.next()).done).toBe(true)
    expect(queue.offer(3)).toBe(false)
  })

  it('drains before it fails', async () => {
    const queue = new AsyncQueue<number>()
    queue.offer(1)
    queue.close(new Error('broken'))
    const seen: number[] = []
    await expect(
      (async () => {
        for await (const item of queue) seen.push(item)
      })(),
    ).rejects.toThrow('broken')
    expect(seen).toEqual([1])
  })

  it('closes when its reader leaves', async () => {
    const queue = new AsyncQueue<number>()
    queue.offer(1)
    queue.offer(2)
    for await (const _item of queue) break
    expect(queue.offer(3)).toBe(false)
  })
})

describe('deadline', () => {
  it('fires with DeadlineExceeded, or the outer reason', async () => {
    using late = deadline(1, undefined, 'state of x')
    const error = await untilAborted(new Promise<never>(() => {}), late.signal).catch((e: unknown) => e)
    expect(isDeadlineExceeded(error)).toBe(true)
    const outer = new AbortController()
    using inner = deadline(1000, outer.signal)
    outer.abort(new Error('stop'))
    expect(inner.signal.reason).toEqual(new Error('stop'))
  })

  it('stops sleeping when told', async () => {
    await expect(sleep(10_000, AbortSignal.timeout(1))).rejects.toThrow()
  })
})

describe('Background', () => {
  it('reports failures and waits for everything', async () => {
    const errors: unknown[] = []
    let done = false
    {
      await using background = new Background((error) => errors.push(error))
      background.run(() => Promise.reject(new Error('lost')))
      background.run(async (signal) => {
        await sleep(10_000, signal).catch(() => {})
        done = true
      })
      await sleep(1)
    }
    expect(errors).toEqual([new Error('lost')])
    expect(done).toBe(true)
  })
})
