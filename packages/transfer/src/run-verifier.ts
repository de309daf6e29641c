// SPDX-License-Identifier: Apache-2.0
import type { FifoCalls, FileCalls, ProcessCalls, SpawnCalls } from '@containerd-ts/native-sys'

/** System calls that running a verifier needs; `native` has them all. */
export type VerifierCalls = Pick<SpawnCalls, 'spawn'> &
  Pick<ProcessCalls, 'kill'> &
  Pick<FifoCalls, 'pipe' | 'readFd' | 'writeFd'> &
  Pick<FileCalls, 'close'>

export interface VerifierCommand {
  readonly path: string
  readonly args: readonly string[]
  readonly stdin: Uint8Array
}

export interface VerifierOutput {
  readonly status: number
  /** What it printed, at most `maxOutputBytes`. */
  readonly stdout: string
  readonly stderr: string
}

/** Of each stream this much is kept; the rest is read and dropped. */
const maxOutputBytes = 16 * 1024
/** A process that a verifier leaves behind may hold its output open for so long. */
const drainMs = 100
const sigkill = 9

/**
 * Runs a program to its end, in a process group of its own that is killed with it.
 * @throws the signal's reason, once the program is dead
 */
export async function runVerifier(
  calls: VerifierCalls,
  { path, args, stdin }: VerifierCommand,
  signal: AbortSignal,
): Promise<VerifierOutput> {
  signal.throwIfAborted()
  using fds = new DisposableStack()
  const pipe = () => {
    const { read, write } = calls.pipe()
    return { read: ownFd(calls, fds, read), write: ownFd(calls, fds, write) }
  }
  const [input, output, errors] = [pipe(), pipe(), pipe()]
  using child = calls.spawn({
    path,
    argv: [path, ...args],
    env: process.env as Record<string, string>,
    stdio: [input.read.fd, output.write.fd, errors.write.fd],
    processGroup: 0,
  })
  for (const end of [input.read, output.write, errors.write]) end.close()
  const stop = new AbortController()
  // A program may decide without reading: its status tells.
  const feeding = calls
    .writeFd(input.write.fd, stdin, { signal: stop.signal })
    .catch(() => {})
    .finally(() => input.write.close())
  const reading = Promise.all([output, errors].map(({ read }) => readSome(calls, read.fd, stop.signal)))
  const kill = (): void => void calls.kill(-child.pid, sigkill)
  signal.addEventListener('abort', kill, { once: true })
  try {
    const { status } = await child.exited
    const timer = setTimeout(() => stop.abort(), drainMs)
    const [stdout = '', stderr = ''] = await reading
    clearTimeout(timer)
    signal.throwIfAborted()
    return { status, stdout, stderr }
  } finally {
    signal.removeEventListener('abort', kill)
    stop.abort()
    await Promise.all([feeding, reading])
  }
}

interface OwnedFd {
  readonly fd: number
  close(): void
}

function ownFd(calls: VerifierCalls, owner: DisposableStack, fd: number): OwnedFd {
  let open = true
  const close = (): void => {
    if (open) calls.close(fd)
    open = false
  }
  owner.defer(close)
  return { fd, close }
}

async function readSome(calls: VerifierCalls, fd: number, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let kept = 0
  try {
    for (;;) {
      const chunk = await calls.readFd(fd, { signal })
      if (chunk.length === 0) break
      if (kept < maxOutputBytes) chunks.push(chunk.subarray(0, maxOutputBytes - kept))
      kept += chunk.length
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return Buffer.concat(chunks).toString('utf8')
}
