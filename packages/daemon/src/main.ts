#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs'
import { describe } from '@containerd-ts/errdefs'
import { version } from '@containerd-ts/server'
import { config } from './commands/config.ts'
import { ociHook } from './commands/oci-hook.ts'
import { publish } from './commands/publish.ts'
import { run } from './commands/run.ts'
import { helpText, parseCommandLine } from './flags.ts'

/** Exit status for a command nobody knows, as the original has it. */
const unknownCommand = 3

async function main(argv: readonly string[]): Promise<number> {
  const hook = argv.indexOf('oci-hook')
  const { flags, words } = parseCommandLine(hook < 0 ? argv : argv.slice(0, hook + 1))
  if (flags.version)
    return print(`containerd github.com/containerd/containerd/v2 ${version.version} ${version.revision}\n`)
  if (flags.help) return print(helpText)
  const [command, word] = words
  switch (command) {
    case undefined:
      await run(flags)
      return 0
    case 'config':
      return print(await config(word, flags))
    case 'publish':
      await publish(flags)
      return 0
    case 'oci-hook':
      return await ociHook(argv.slice(hook + 1))
    case 'help':
      return print(helpText)
    default:
      print(helpText)
      writeSync(2, `containerd: no help topic for '${command}'\n`)
      return unknownCommand
  }
}

function print(text: string): 0 {
  writeSync(1, text)
  return 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  writeSync(2, `containerd: ${describe(error)}\n`)
  process.exitCode = 1
}
