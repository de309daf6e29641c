// SPDX-License-Identifier: Apache-2.0
import { cycles } from './cycles.ts'
import { gc } from './gc.ts'
import { importImage } from './import.ts'
import type { Measure } from './measure.ts'
import { memory } from './memory.ts'
import { metadata } from './metadata.ts'
import { pull } from './pull.ts'
import { restart } from './restart.ts'
import { rpc } from './rpc.ts'
import { run } from './run.ts'

/** Every measure, in the order in which they run: those that leave a big page cache and a grown heap come last. */
export const measures: readonly Measure[] = [run, rpc, cycles, metadata, memory, restart, importImage, pull, gc]
