// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '@containerd-ts/core'

/** Writes what the process is doing to the log and to `<TMPDIR>/containerd.<pid>.stacks.log`. */
export function dumpStacks(logger: Logger): void {
  const report = process.report.getReport() as { readonly javascriptStack?: unknown; readonly libuv?: unknown }
  const text = JSON.stringify({ javascriptStack: report.javascriptStack, libuv: report.libuv }, undefined, 2)
  const path = join(tmpdir(), `containerd.${process.pid}.stacks.log`)
  logger.info('stack dump', { path, report: text })
  writeFileSync(path, `${text}\n`)
}
