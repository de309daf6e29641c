// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { parseDuration } from '@containerd-ts/lifecycle'
import { findStep } from './command-table.ts'
import type { CommandEntry, CommandTable } from './command-table.ts'
import type { GlobalFlags } from './global-flags.ts'

/** What a command line asks for, before the command's own flags are known. */
export type Invocation =
  | {
      readonly kind: 'command'
      readonly global: GlobalFlags
      readonly command: CommandEntry
      readonly argv: readonly string[]
    }
  | { readonly kind: 'help'; readonly path: readonly string[] }
  | { readonly kind: 'version' }
  | { readonly kind: 'unknown'; readonly word: string; readonly path: readonly string[] }

const booleans = new Map([
  ['debug', 'debug'],
  ['json', 'json'],
  ['h', 'help'],
  ['help', 'help'],
  ['v', 'version'],
  ['version', 'version'],
])
const texts = new Map([
  ['a', 'address'],
  ['address', 'address'],
  ['n', 'namespace'],
  ['namespace', 'namespace'],
  ['timeout', 'timeout'],
  ['connect-timeout', 'connectTimeout'],
])

/**
 * Reads the original's grammar: global flags, then the words of a command, aliases included; what follows belongs
 * to the command. Flags may have one dash or two, and their value after a blank or `=`.
 *
 * @throws {InvalidArgumentError} an unknown global flag or a missing value
 */
export function readCommandLine(argv: readonly string[], table: CommandTable, defaults: GlobalFlags): Invocation {
  let global = defaults
  let at = 0
  for (; at < argv.length; at++) {
    const flag = splitFlag(argv[at] ?? '')
    if (flag === undefined) break
    const boolean = booleans.get(flag.name)
    if (boolean === 'help') return { kind: 'help', path: [] }
    if (boolean === 'version') return { kind: 'version' }
    if (boolean !== undefined) {
      global = { ...global, [boolean]: flag.value !== 'false' }
      continue
    }
    const text = texts.get(flag.name)
    if (text === undefined) throw new InvalidArgumentError(`flag provided but not defined: -${flag.name}`)
    const value = flag.value ?? argv[++at]
    if (value === undefined) throw new InvalidArgumentError(`flag needs an argument: -${flag.name}`)
    global = withText(global, text, value)
  }
  return readWords(argv.slice(at), table, global)
}

function readWords(argv: readonly string[], table: CommandTable, global: GlobalFlags): Invocation {
  let path: readonly string[] = []
  const groupFlags: string[] = []
  let groupFlagNames: readonly string[] = []
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? ''
    const flag = splitFlag(word)
    if (flag !== undefined) {
      if (flag.name === 'h' || flag.name === 'help') return { kind: 'help', path }
      if (!groupFlagNames.includes(flag.name))
        throw new InvalidArgumentError(`flag provided but not defined: -${flag.name}`)
      groupFlags.push(`--${flag.name}=${flag.value ?? argv[++at] ?? ''}`)
      continue
    }
    if (word === 'help' || word === 'h') return { kind: 'help', path: [...path, ...argv.slice(at + 1)] }
    const step = findStep(table, path, word)
    if (step === undefined) return { kind: 'unknown', word, path }
    if (step.kind === 'command') {
      const rest = argv.slice(at + 1)
      return { kind: 'command', global, command: step.command, argv: [...groupFlags, ...rest] }
    }
    path = step.group.path
    groupFlagNames = step.group.flags ?? []
  }
  return { kind: 'help', path }
}

/** `-x`, `--x` and `--x=value`; undefined for what is no flag, `-` and `--` included. */
export function splitFlag(word: string): { readonly name: string; readonly value: string | undefined } | undefined {
  const [, name, value] = /^--?([A-Za-z][^=]*)(?:=([^]*))?$/.exec(word) ?? []
  return name === undefined ? undefined : { name, value }
}

function withText(global: GlobalFlags, name: string, value: string): GlobalFlags {
  switch (name) {
    case 'timeout':
      return { ...global, timeoutMs: parseDuration(value) }
    case 'connectTimeout':
      return { ...global, connectTimeoutMs: parseDuration(value) }
    default:
      return { ...global, [name]: value }
  }
}
