// SPDX-License-Identifier: Apache-2.0
import { printConfig } from '@containerd-ts/server'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { builtins } from '../builtins.ts'
import { builtInConfig, effectiveConfig } from '../effective-config.ts'
import type { Flags } from '../flags.ts'

/** `config default | dump | migrate`. */
export async function config(word: string | undefined, flags: Flags): Promise<string> {
  switch (word) {
    case 'default':
      return printConfig(builtInConfig(), builtins)
    case 'dump':
    case 'migrate':
      return printConfig((await effectiveConfig(flags, { lenient: true })).config, builtins)
    default:
      throw new InvalidArgumentError(`unknown command "config ${word ?? ''}"`)
  }
}
