#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { describe, errnoOf, toWireStatus } from '@containerd-ts/errdefs'
import { commandArgv } from './cli/command-argv.ts'
import { readCommandLine } from './cli/front-end.ts'
import { globalFromEnvironment } from './cli/global-flags.ts'
import { commandHelp, groupHelp } from './cli/help.ts'
import { Interrupts } from './cli/interrupts.ts'
import { suggestion } from './cli/suggestion.ts'
import { table } from './commands.ts'
import { writeText } from './output/write-bytes.ts'
import { version } from '@containerd-ts/core/version'

/** Exit status for a command nobody knows, as the original has it. */
const unknownCommandStatus = 3
/** 128 and SIGPIPE, as a shell sees whoever dies of it. */
const brokenPipeStatus = 141

async function main(argv: readonly string[]): Promise<number> {
  const invocation = readCommandLine(argv, table, globalFromEnvironment(process.env))
  switch (invocation.kind) {
    case 'version':
      writeText(1, `ctr github.com/containerd/containerd/v2 ${version}\n`)
      return 0
    case 'help':
      writeText(1, await helpFor(invocation.path))
      return 0
    case 'unknown':
      writeText(1, groupHelp(table, invocation.path))
      writeText(2, `ctr: no help topic for '${invocation.word}'\n`)
      return unknownCommandStatus
    case 'command': {
      const { command: entry, global } = invocation
      // oclif comes with the first command: help and version of the program do without.
      const [Command, { HooklessConfig }] = await Promise.all([entry.load(), import('./cli/hookless-config.ts')])
      const parsed = commandArgv(invocation.argv, Command)
      if (parsed.kind === 'help') {
        writeText(1, commandHelp(entry, Command))
        return 0
      }
      using interrupts = new Interrupts(global.timeoutMs)
      const command = new Command(parsed.argv, new HooklessConfig(version))
      const result = await command.execute({ global, interrupts })
      if (global.json) writeText(1, `${JSON.stringify(result ?? {}, undefined, 2)}\n`)
      return command.exitStatus
    }
  }
}

async function helpFor(path: readonly string[]): Promise<string> {
  const entry = table.commands.find((command) => command.path.join(' ') === path.join(' '))
  return entry === undefined ? groupHelp(table, path) : commandHelp(entry, await entry.load())
}

/** What went wrong first, where tidying up failed as well: usually for the same reason. */
function causeOf(error: unknown): unknown {
  return error instanceof SuppressedError ? causeOf(error.suppressed) : error
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (failure) {
  const error = causeOf(failure)
  if (errnoOf(error) === 'EPIPE') process.exit(brokenPipeStatus) // nobody reads on: nobody wants to hear of it
  const text = describe(error)
  const { message } = toWireStatus(error)
  if (process.argv.includes('--debug')) writeText(2, `${error instanceof Error ? error.stack : ''}\n`)
  writeText(2, `ctr: ${message === '' ? text : message}${suggestion(error)}\n`)
  process.exitCode = 1
}
