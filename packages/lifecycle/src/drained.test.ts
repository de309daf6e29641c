// SPDX-License-Identifier: Apache-2.0
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { drained } from './index.ts'

describe('drained', () => {
  it.each(['drain', 'close'])('waits for %s and leaves no listener', async (event) => {
    const stream = new EventEmitter()
    const waited = drained(stream)
    stream.emit(event)
    await waited
    expect(stream.eventNames()).toEqual([])
  })

  it('gives up with the owner where there is one', async () => {
    const stream = new EventEmitter()
    const owner = new EventEmitter()
    const waited = drained(stream, owner)
    owner.emit('close')
    await waited
    expect([stream.eventNames(), owner.eventNames()]).toEqual([[], []])
  })
})
