// SPDX-License-Identifier: Apache-2.0
import { below } from './command-table.ts'
import type { CommandEntry, CommandTable } from './command-table.ts'
import type { CommandClass } from './ctr-command.ts'

/** Help of the program or a group: what lies below. */
export function groupHelp(table: CommandTable, path: readonly string[]): string {
  const group = table.groups.find((entry) => entry.path.join(' ') === path.join(' '))
  const name = ['ctr', ...path].join(' ')
  const rows = below(table, path).map((entry) => {
    const words = [entry.path.at(-1) ?? '', ...(entry.aliases ?? [])].join(', ')
    return [words, entry.summary] as const
  })
  const width = Math.max(0, ...rows.map(([words]) => words.length)) + 2
  const commands = rows.map(([words, summary]) => `   ${words.padEnd(width)}${summary}`).join('\n')
  const head = path.length === 0 ? `${name} - the containerd command line` : `${name} - ${group?.summary ?? ''}`
  return `NAME:\n   ${head}\n\nUSAGE:\n   ${name}${path.length === 0 ? ' [global options]' : ''} command [command options] [arguments...]\n\nCOMMANDS:\n${commands}\n${path.length === 0 ? globalOptions : ''}`
}

const globalOptions = `
GLOBAL OPTIONS:
   --debug                    debug output
   --address, -a PATH         socket of containerd [$CONTAINERD_ADDRESS] (default: /run/containerd/containerd.sock)
   --timeout DURATION         limit of the whole command
   --connect-timeout DURATION limit of connecting
   --namespace, -n NAME       namespace to work in [$CONTAINERD_NAMESPACE] (default: default)
   --json                     print the result as one JSON document
   --help, -h                 show help
   --version, -v              print the version
`

/** Help of one command: its arguments and flags, from oclif's own descriptions. */
export function commandHelp({ path, summary }: CommandEntry, command: CommandClass): string {
  const name = ['ctr', ...path].join(' ')
  const args = Object.entries(command.args).map(([arg, { required }]) =>
    required ? arg.toUpperCase() : `[${arg.toUpperCase()}]`,
  )
  const usage = typeof command.usage === 'string' ? command.usage : `[command options] ${args.join(' ')}`.trimEnd()
  const rows = Object.entries(command.flags)
    .filter(([, flag]) => flag.hidden !== true)
    .map(([flag, { char, type, summary: text, description, default: value }]) => {
      const names = [`--${flag}`, ...(char === undefined ? [] : [`-${char}`])].join(', ')
      const standard =
        typeof value === 'string' || typeof value === 'number' ? ` (default: ${JSON.stringify(value)})` : ''
      return [`${names}${type === 'boolean' ? '' : ' value'}`, `${text ?? description ?? ''}${standard}`] as const
    })
  const width = Math.max(0, ...rows.map(([names]) => names.length)) + 2
  const options = rows.map(([names, text]) => `   ${names.padEnd(width)}${text}`).join('\n')
  return `NAME:\n   ${name} - ${summary}\n\nUSAGE:\n   ${name} ${usage}\n${rows.length === 0 ? '' : `\nOPTIONS:\n${options}\n`}`
}
