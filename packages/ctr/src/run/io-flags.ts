// SPDX-License-Identifier: Apache-2.0
import { Flags } from '@oclif/core'
import { defaultFifoDirectory } from '@containerd-ts/client'
import type { IoRequest } from '@containerd-ts/client'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { Console } from './console.ts'

/** Flags that say where the streams of a new process lead. */
export const ioFlags = {
  'log-uri': Flags.string({ summary: 'where the shim writes the output: file:///path or binary:///path?key=value' }),
  'fifo-dir': Flags.string({ summary: `directory of FIFOs (default: ${defaultFifoDirectory})` }),
  detach: Flags.boolean({ char: 'd', summary: 'leave the process running and return' }),
}

export const nullIoFlag = Flags.boolean({ summary: 'send all output to /dev/null' })

export interface IoFlags {
  readonly 'null-io'?: boolean
  readonly 'log-uri': string | undefined
  readonly 'fifo-dir': string | undefined
  readonly detach: boolean
}

/** @throws {InvalidArgumentError} a terminal together with `--null-io`, or a log that is no URI */
export function ioRequest(flags: IoFlags, terminal: boolean, console: Console | undefined): IoRequest {
  if (terminal && flags['null-io'] === true) {
    throw new InvalidArgumentError('tty and null-io cannot be used together')
  }
  if (flags['null-io'] === true) return { kind: 'null' }
  const uri = flags['log-uri']
  if (uri !== undefined && uri !== '') {
    if (!URL.canParse(uri)) throw new InvalidArgumentError(`--log-uri ${uri}: not a URI`)
    return { kind: 'log', uri, terminal }
  }
  const directory = flags['fifo-dir'] ?? defaultFifoDirectory
  return { kind: 'fifo', directory, terminal, local: localStdio(flags.detach, console) }
}

/** Our own streams; whoever does not stay reads nothing. */
function localStdio(
  detach: boolean,
  console: Console | undefined,
): { stdin?: number; stdout: number; stderr?: number } {
  if (console !== undefined) return { stdin: console.fd, stdout: console.fd }
  return detach ? { stdout: 1, stderr: 2 } : { stdin: 0, stdout: 1, stderr: 2 }
}
