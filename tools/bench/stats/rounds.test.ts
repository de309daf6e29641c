// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { takeRounds } from './rounds.ts'

const never = new AbortController().signal
const quiet = () => {}

describe('takeRounds', () => {
  it('takes turns and drops the warm-up', async () => {
    const order: string[] = []
    const variant = (name: string) => async () => ({ n: order.push(name) })
    const result = await takeRounds(
      { rounds: 2, signal: never, say: quiet },
      { ours: variant('ours'), theirs: variant('theirs') },
    )
    expect(order).toEqual(['ours', 'theirs', 'ours', 'theirs', 'ours', 'theirs'])
    expect(result.ours.samples).toEqual([{ n: 3 }, { n: 5 }])
    expect(result.theirs.samples).toEqual([{ n: 4 }, { n: 6 }])
  })

  it('does not repeat what failed, keeps its samples, and goes on with the others', async () => {
    let calls = 0
    const result = await takeRounds(
      { rounds: 3, warmups: 0, signal: never, say: quiet },
      {
        ours: async () => {
          if (++calls === 2) throw new Error('broke')
          return { ms: calls }
        },
        theirs: async () => ({ ms: 9 }),
      },
    )
    expect(calls).toBe(2)
    expect(result.ours).toEqual({ samples: [{ ms: 1 }], failure: 'broke' })
    expect(result.theirs.samples).toHaveLength(3)
    expect(result.theirs.failure).toBeUndefined()
  })

  it('ends at once when it is interrupted, even inside a sample that never ends', async () => {
    const controller = new AbortController()
    const running = takeRounds(
      { rounds: 3, signal: controller.signal, say: quiet },
      { ours: () => new Promise<never>(() => {}) },
    )
    controller.abort(new Error('interrupted'))
    await expect(running).rejects.toThrow('interrupted')
  })
})
