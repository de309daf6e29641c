// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { CommandClass } from './ctr-command.ts'
import { splitFlag } from './front-end.ts'

/** A command's arguments as oclif takes them, or a wish for help. */
export type CommandArgv = { readonly kind: 'run'; readonly argv: string[] } | { readonly kind: 'help' }

/**
 * Rewrites what follows a command's words: flags end at the first argument, and everything from there on is the
 * command's own, as in `run IMAGE ID ls -l`. Booleans take `=true` and `=false`.
 *
 * @throws {InvalidArgumentError} a flag the command does not have, or a missing value
 */
export function commandArgv(argv: readonly string[], { flags }: Pick<CommandClass, 'flags'>): CommandArgv {
  const out: string[] = []
  let at = 0
  for (; at < argv.length; at++) {
    const word = argv[at] ?? ''
    if (word === '--') {
      at++
      break
    }
    const split = splitFlag(word)
    if (split === undefined) break
    const found = Object.entries(flags).find(([name, flag]) => name === split.name || flag.char === split.name)
    if (found === undefined) {
      if (split.name === 'h' || split.name === 'help') return { kind: 'help' }
      throw new InvalidArgumentError(`flag provided but not defined: -${split.name}`)
    }
    const [name, flag] = found
    if (flag.type === 'boolean') {
      if (split.value === undefined || /^(1|t|true)$/i.test(split.value)) out.push(`--${name}`)
      else if (!/^(0|f|false)$/i.test(split.value)) {
        throw new InvalidArgumentError(`invalid boolean value "${split.value}" for -${split.name}`)
      }
      continue
    }
    const value = split.value ?? argv[++at]
    if (value === undefined) throw new InvalidArgumentError(`flag needs an argument: -${split.name}`)
    out.push(`--${name}=${value}`)
  }
  return { kind: 'run', argv: [...out, '--', ...argv.slice(at)] }
}
