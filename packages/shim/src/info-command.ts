// SPDX-License-Identifier: Apache-2.0
import { decodeOptions } from '@containerd-ts/shim-bootstrap'
import type { ShimDefinition } from './definition.ts'
import { readInput, writeOut } from './output.ts'

/** Prints what the runtime is and can do, for the options on standard input. */
export async function printInfo(definition: ShimDefinition): Promise<void> {
  writeOut(1, await definition.info(decodeOptions(readInput())))
}
