// SPDX-License-Identifier: Apache-2.0
import { describe } from '@containerd-ts/errdefs'
import type { ShimDefinition } from './definition.ts'
import { parseFlags, UsageError } from './flags.ts'
import type { ShimFlags } from './flags.ts'
import { writeOut } from './output.ts'
import { engineVersion, programName } from './runtime.ts'

/**
 * Runs one command of a shim and answers the exit status; for the server, when it has shut down. Each command
 * loads only what it needs. The caller ends the process.
 */
export async function runShim(
  definition: ShimDefinition,
  argv: readonly string[] = process.argv.slice(2),
): Promise<number> {
  try {
    return await dispatch(definition, parseFlags(argv))
  } catch (error) {
    writeOut(2, `${definition.name}: ${describe(error)}`)
    return error instanceof UsageError ? 2 : 1
  }
}

async function dispatch(definition: ShimDefinition, flags: ShimFlags): Promise<number> {
  if (flags.version) {
    const { version, revision } = definition.version
    writeOut(
      1,
      `${programName()}:\n  Version:  ${version}\n  Revision: ${revision}\n  Go version: ${engineVersion()}\n\n`,
    )
    return 0
  }
  if (flags.info) {
    const { printInfo } = await import('./info-command.ts')
    await printInfo(definition)
    return 0
  }
  if (flags.namespace === '') throw new Error('shim namespace cannot be empty')
  switch (flags.action) {
    case 'start': {
      const { start } = await import('./start-command.ts')
      await start(definition, flags)
      return 0
    }
    case 'delete': {
      const { cleanUp } = await import('./delete-command.ts')
      await cleanUp(definition, flags)
      return 0
    }
    case '': {
      const { serve } = await import('./server.ts')
      await serve(definition, flags)
      return 0
    }
    default:
      throw new Error(`unknown command "${flags.action}"`)
  }
}
