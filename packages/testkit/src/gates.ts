// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether a test can run here. A closed gate carries the reason, which has been printed once. */
export interface Gate {
  readonly open: boolean
  readonly reason: string | undefined
}

/** `describe.skipIf(!requireRoot().open)` */
export function requireRoot(): Gate {
  return gate(process.getuid?.() === 0, 'needs root')
}

export function hasOverlayfs(): Gate {
  const known = readFileSync('/proc/filesystems', 'utf8').split('\n')
  return gate(
    known.some((line) => line.endsWith('\toverlay')),
    'needs overlayfs in the kernel',
  )
}

export function hasBinary(name: string): Gate {
  return gate(findBinary(name) !== undefined, `needs ${name} in PATH`)
}

/** Open when all are. */
export function allOf(...gates: readonly Gate[]): Gate {
  return gates.find((each) => !each.open) ?? openGate
}

/** Absolute path of a program, looked for in PATH and then where Debian puts root's tools. */
export function findBinary(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  return [...path.split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']
    .map((dir) => join(dir, name))
    .find(isExecutable)
}

const openGate: Gate = { open: true, reason: undefined }
const printed = new Set<string>()

export function gate(open: boolean, reason: string): Gate {
  if (open) return openGate
  if (!printed.has(reason)) process.stderr.write(`skipped: ${reason}\n`)
  printed.add(reason)
  return { open, reason }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
