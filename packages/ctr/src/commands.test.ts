// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { groupHelp } from './cli/help.ts'
import { table } from './commands.ts'

/** One line for each command: words, aliases, and flags with what they take. */
async function frozen(): Promise<readonly string[]> {
  return await Promise.all(
    table.commands.map(async ({ path, aliases = [], load }) => {
      const { flags } = await load()
      const words = [path.join(' '), ...aliases].join('|')
      const each = Object.entries(flags).map(([name, flag]) => {
        const value = flag.type === 'boolean' ? '' : flag.multiple === true ? '=*' : '='
        return `--${name}${flag.char === undefined ? '' : `/-${flag.char}`}${value}`
      })
      return [words, ...each.toSorted()].join(' ')
    }),
  )
}

describe('commands', () => {
  it('keep their words, aliases and flags', async () => {
    await expect(`${(await frozen()).join('\n')}\n`).toMatchFileSnapshot('../test/commands.snapshot.txt')
  })

  it('have one way to each word', () => {
    const ways = table.commands.flatMap(({ path, aliases = [] }) =>
      [path.at(-1) ?? '', ...aliases].map((word) => [...path.slice(0, -1), word].join(' ')),
    )
    expect(ways.length).toBe(new Set(ways).size)
  })

  it('all say what they do', async () => {
    const silent = await Promise.all(
      table.commands.map(async ({ path, load }) => ((await load()).summary === undefined ? path : [])),
    )
    expect(silent.flat()).toEqual([])
  })

  it('stand in the order of the original', () => {
    const words = [...groupHelp(table, []).matchAll(/^ {3}([a-z]+)(?:,| {2,})/gm)].map(([, word]) => word)
    expect(words.slice(0, table.order.length)).toEqual(table.order)
  })
})
