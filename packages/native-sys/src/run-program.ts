// SPDX-License-Identifier: Apache-2.0
import type { FifoCalls } from './fifo.ts'
import type { FileCalls } from './file.ts'
import type { ProcessCalls, SpawnCalls } from './process.ts'

/** System calls that running a program needs; `native` has them all. */
export type ProgramCalls = Pick<SpawnCalls, 'spawn'> &
  Pick<ProcessCalls, 'kill'> &
  Pick<FifoCalls, 'pipe' | 'readFd' | 'writeFd'> &
  Pick<FileCalls, 'close'>

export interface ProgramRequest {
  /** The file to execute; holds a slash. */
  readonly path: string
  /** Without the name. */
  readonly args: readonly string[]
  /** The whole environment. Default: that of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Default: nothing. */
  readonly stdin?: Uint8Array
  /** Of each stream this much is kept; the rest is read and dropped. Default 16 KiB. */
  readonly maxOutputBytes?: number
  /** Kills the program and all of its process group. */
  readonly signal?: AbortSignal
}

export interface ProgramResult {
  /** Exit code, or 128 plus the signal. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** A process that a program leaves behind may hold its output open for so long. */
const drainMs = 100
const sigkill = 9

/**
 * Runs a program to its end, in a process group of its own, and collects what it prints.
 * @throws the signal's reason, once the program is dead
 */
export async function runProgram(calls: ProgramCalls, request: ProgramRequest): Promise<ProgramResult> {
  const { path, args, stdin = new Uint8Array(), signal, maxOutputBytes = 16 * 1024 } = request
  signal?.throwIfAborted()
  using fds = new DisposableStack()
  const pipe = () => {
    const { read, write } = calls.pipe()
    return { read: ownFd(calls, fds, read), write: ownFd(calls, fds, write) }
  }
  const [input, output, errors] = [pipe(), pipe(), pipe()]
  using child = calls.spawn({
    path,
    argv: [path, ...args],
    env: request.env ?? (process.env as Record<string, string>),
    stdio: [input.read.fd, output.write.fd, errors.write.fd],
    processGroup: 0,
  })
  for (const end of [input.read, output.write, errors.write]) end.close()
  const stop = new AbortController()
  // A program may end without reading: its status tells what that means.
  const feeding = calls
    .writeFd(input.write.fd, stdin, { signal: stop.signal })
    .catch(() => {})
    .finally(() => input.write.close())
  const reading = Promise.all([output, errors].map(({ read }) => readSome(calls, read.fd, maxOutputBytes, stop.signal)))
  const kill = (): void => void calls.kill(-child.pid, sigkill)
  signal?.addEventListener('abort', kill, { once: true })
  try {
    const { status } = await child.exited
    const timer = setTimeout(() => stop.abort(), drainMs)
    const [stdout = '', stderr = ''] = await reading
    clearTimeout(timer)
    signal?.throwIfAborted()
    return { status, stdout, stderr }
  } finally {
    signal?.removeEventListener('abort', kill)
    stop.abort()
    await Promise.all([feeding, reading])
  }
}

interface OwnedFd {
  readonly fd: number
  close(): void
}

function ownFd(calls: ProgramCalls, owner: DisposableStack, fd: number): OwnedFd {
  let open = true
  const close = (): void => {
    if (open) calls.close(fd)
    open = false
  }
  owner.defer(close)
  return { fd, close }
}

async function readSome(calls: ProgramCalls, fd: number, maxBytes: number, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let kept = 0
  try {
    for (;;) {
      const chunk = await calls.readFd(fd, { signal })
      if (chunk.length === 0) break
      if (kept < maxBytes) chunks.push(chunk.subarray(0, maxBytes - kept))
      kept += chunk.length
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return Buffer.concat(chunks).toString('utf8')
}
