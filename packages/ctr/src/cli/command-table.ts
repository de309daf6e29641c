// SPDX-License-Identifier: Apache-2.0
import type { CommandClass } from './ctr-command.ts'

/** A command's words, and how to load it: nothing is imported before it is asked for. */
export interface CommandEntry {
  /** Such as `images pull`. */
  readonly path: readonly string[]
  /** Other names of the last word. */
  readonly aliases?: readonly string[]
  readonly summary: string
  readonly load: () => Promise<CommandClass>
}

/** A word that leads to commands. */
export interface GroupEntry {
  readonly path: readonly string[]
  readonly aliases?: readonly string[]
  readonly summary: string
  /** Flags that may stand between the group's name and the command's; they go to the command. */
  readonly flags?: readonly string[]
}

export interface CommandTable {
  /** First words in the order of the help. */
  readonly order: readonly string[]
  readonly groups: readonly GroupEntry[]
  readonly commands: readonly CommandEntry[]
}

/** What a word means after the words before it. */
export type Step =
  | { readonly kind: 'group'; readonly group: GroupEntry }
  | { readonly kind: 'command'; readonly command: CommandEntry }

const names = (entry: GroupEntry | CommandEntry): readonly string[] => [
  entry.path.at(-1) ?? '',
  ...(entry.aliases ?? []),
]

const isBelow = (entry: GroupEntry | CommandEntry, parent: readonly string[]): boolean =>
  entry.path.length === parent.length + 1 && parent.every((word, index) => entry.path[index] === word)

/** Finds the command or group called `word` below `parent`, aliases included. */
export function findStep(table: CommandTable, parent: readonly string[], word: string): Step | undefined {
  const command = table.commands.find((entry) => isBelow(entry, parent) && names(entry).includes(word))
  if (command !== undefined) return { kind: 'command', command }
  const group = table.groups.find((entry) => isBelow(entry, parent) && names(entry).includes(word))
  return group === undefined ? undefined : { kind: 'group', group }
}

/** What lies directly below a group, in the table's order. */
export function below(table: CommandTable, parent: readonly string[]): readonly (GroupEntry | CommandEntry)[] {
  const found = [...table.groups, ...table.commands].filter((entry) => isBelow(entry, parent))
  if (parent.length > 0) return found
  const place = ({ path: [word = ''] }: GroupEntry | CommandEntry): number => table.order.indexOf(word)
  return found.toSorted((a, b) => place(a) - place(b))
}
