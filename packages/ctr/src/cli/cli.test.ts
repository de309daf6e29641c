// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError, NotFoundError, UnavailableError } from '@containerd-ts/errdefs'
import { describe, expect, it } from 'vitest'
import { eachOf } from './each-of.ts'
import { commandHelp, groupHelp } from './help.ts'
import { Interrupts } from './interrupts.ts'
import { matcherOf } from './platform-flags.ts'
import { suggestion } from './suggestion.ts'
import { table } from '../commands.ts'

describe('interrupts', () => {
  it('turn a signal into an abort that names it', () => {
    using interrupts = new Interrupts(0)
    process.emit('SIGQUIT', 'SIGQUIT')
    expect(interrupts.signal.aborted).toBe(true)
    expect(String(interrupts.signal.reason)).toMatch(/interrupted by SIGQUIT/)
  })

  it('leave signals alone once the command has taken them over', () => {
    const before = process.listenerCount('SIGINT')
    using interrupts = new Interrupts(0)
    interrupts.release()
    expect(process.listenerCount('SIGINT')).toBe(before)
  })

  it('fire when the time limit is over', async () => {
    using interrupts = new Interrupts(10)
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(String(interrupts.signal.reason)).toMatch(/--timeout/)
  })
})

describe('several arguments', () => {
  it('all get their turn, then the first failure is told', async () => {
    const seen: string[] = []
    const work = async (id: string): Promise<void> => {
      seen.push(id)
      if (id !== 'b') throw new NotFoundError(id)
    }
    await expect(eachOf(['a', 'b', 'c'], work)).rejects.toThrow('a')
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  it('must be given', async () => {
    await expect(eachOf([], async () => {})).rejects.toThrow(InvalidArgumentError)
  })
})

describe('suggestion', () => {
  it('says what a full image name looks like', () => {
    expect(suggestion(new NotFoundError('image "busybox": not found'))).toContain('docker.io/library/busybox:latest')
    expect(suggestion(new NotFoundError('image "busybox:1": not found'))).toContain('docker.io/library/busybox:1)')
    expect(suggestion(new NotFoundError('image "a.b/c:d": not found'))).toBe('')
  })

  it('asks for the daemon when its socket is missing', () => {
    expect(suggestion(new UnavailableError('cannot access socket /x'))).toContain('--address')
    expect(suggestion(new Error('anything'))).toBe('')
  })
})

describe('platforms', () => {
  it('are this one, the named ones in their order, or all', () => {
    const arm = { os: 'linux', architecture: 'arm64' }
    expect(matcherOf({ platform: undefined, 'all-platforms': false }).match(arm)).toBe(false)
    expect(matcherOf({ platform: ['linux/arm64'], 'all-platforms': false }).match(arm)).toBe(true)
    expect(matcherOf({ platform: undefined, 'all-platforms': true }).match(arm)).toBe(true)
    expect(() => matcherOf({ platform: ['linux/arm64'], 'all-platforms': true })).toThrow('exclude each other')
  })
})

describe('help', () => {
  it('shows usage, flags with their short forms, and defaults', async () => {
    const entry = table.commands.find(({ path }) => path.join(' ') === 'run')
    if (entry === undefined) throw new Error('no run')
    const text = commandHelp(entry, await entry.load())
    expect(text).toMatch(/^NAME:\n {3}ctr run - run a container\n/)
    expect(text).toMatch(/--tty, -t +give the process a terminal/)
    expect(text).toMatch(/--cpu-shares value +.*\(default: 1024\)/)
  })

  it('lists what lies below a group', () => {
    expect(groupHelp(table, ['tasks'])).toMatch(/ {3}delete, del, remove, rm +delete tasks/)
  })
})
