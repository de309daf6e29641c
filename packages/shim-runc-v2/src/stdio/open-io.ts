// SPDX-License-Identifier: Apache-2.0
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { LoggerIo } from './logger-io.ts'
import { NullIo } from './null-io.ts'
import { PipeIo } from './pipe-io.ts'
import type { IoOwner, ProcessIo, Streams } from './process-io.ts'
import { TerminalIo } from './terminal-io.ts'

const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//

/** Makes the streams a client asked for; the form of `stdout` decides. @throws {Error} a scheme runc shims do not know */
export async function openIo(streams: Streams, owner: IoOwner, signal: AbortSignal): Promise<ProcessIo> {
  const kind = scheme.exec(streams.stdout)?.[1] ?? 'fifo'
  if (streams.terminal) return openTerminal(kind, streams, owner)
  if (streams.stdin === '' && streams.stdout === '' && streams.stderr === '') return new NullIo()
  switch (kind) {
    case 'fifo':
      return new PipeIo({ ...streams, stdout: pathOf(streams.stdout), stderr: pathOf(streams.stderr) }, owner)
    case 'file': {
      const path = touch(pathOf(streams.stdout))
      return new PipeIo({ ...streams, stdout: path, stderr: path }, owner)
    }
    case 'binary':
    case 'binary-v2':
      return LoggerIo.start(new URL(streams.stdout), owner, signal)
    default:
      throw new Error(`unknown STDIO scheme ${kind}`)
  }
}

function openTerminal(kind: string, streams: Streams, owner: IoOwner): Promise<ProcessIo> {
  if (kind === 'binary' || kind === 'binary-v2')
    return TerminalIo.open(streams, { logger: new URL(streams.stdout), owner })
  if (kind !== 'fifo') throw new Error(`unknown STDIO scheme ${kind}`)
  return TerminalIo.open(streams, { path: pathOf(streams.stdout) })
}

const pathOf = (text: string): string => (scheme.test(text) ? decodeURIComponent(new URL(text).pathname) : text)

function touch(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  closeSync(openSync(path, 'a', 0o644))
  return path
}
