// SPDX-License-Identifier: Apache-2.0
import type { TaskProcess } from '@containerd-ts/client'
import { constants } from 'node:os'
import { describe, expect, it } from 'vitest'
import { Interrupts } from '../cli/interrupts.ts'
import { startWith } from './stay-with.ts'

/** A process whose start the test answers. */
function world() {
  const killed: number[] = []
  const started = Promise.withResolvers<number>()
  const process = {
    start: () => started.promise,
    kill: async (signal: number) => void killed.push(signal),
  } as unknown as TaskProcess
  const interrupts = new Interrupts(0)
  const company = { console: undefined, interrupts, onWarning: (message: string) => expect.fail(message) }
  return { killed, started, interrupts, staying: startWith(process, company, {}) }
}

const { SIGTERM, SIGUSR1 } = constants.signals

describe('signals to a process that is started', () => {
  it('wait until it runs, then go on reaching it until nobody stays', async () => {
    const before = process.listenerCount('SIGTERM')
    const { killed, started, interrupts, staying } = world()
    using _interrupts = interrupts
    process.emit('SIGUSR1', 'SIGUSR1')
    process.emit('SIGUSR1', 'SIGUSR1')
    process.emit('SIGTERM', 'SIGTERM')
    expect(killed).toEqual([])
    started.resolve(7)
    {
      using stay = await staying
      expect(stay.pid).toBe(7)
      expect(killed).toEqual([SIGUSR1, SIGTERM])
      process.emit('SIGTERM', 'SIGTERM')
      expect(killed).toEqual([SIGUSR1, SIGTERM, SIGTERM])
    }
    expect(process.listenerCount('SIGTERM')).toBe(before)
    expect(interrupts.signal.aborted).toBe(false)
  })

  it('give its start up when the end is asked for twice', async () => {
    const before = process.listenerCount('SIGINT')
    const { killed, started, interrupts, staying } = world()
    using _interrupts = interrupts
    process.emit('SIGINT', 'SIGINT')
    expect(interrupts.signal.aborted).toBe(false)
    process.emit('SIGINT', 'SIGINT')
    expect(String(interrupts.signal.reason)).toMatch(/interrupted by SIGINT/)
    started.reject(interrupts.signal.reason)
    await expect(staying).rejects.toThrow(/SIGINT/)
    expect(killed).toEqual([])
    expect(process.listenerCount('SIGINT')).toBe(before)
  })
})
