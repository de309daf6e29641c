// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '@containerd-ts/core'
import { stackReport } from '@containerd-ts/server'

/** Writes what the process is doing to the log and to `<TMPDIR>/containerd.<pid>.stacks.log`. */
export function dumpStacks(logger: Logger): void {
  const text = stackReport()
  const path = join(tmpdir(), `containerd.${process.pid}.stacks.log`)
  logger.info('stack dump', { path, report: text })
  writeFileSync(path, `${text}\n`)
}
