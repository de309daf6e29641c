// SPDX-License-Identifier: Apache-2.0
import type { FifoCalls, SpawnedProcess } from '@containerd-ts/native-sys'
import { untilAborted } from '@containerd-ts/lifecycle'
import type { LaunchCalls } from '@containerd-ts/shim-bootstrap'

/** System calls that running a shim needs; `native` has them all. */
export type ShimSyscalls = LaunchCalls & Pick<FifoCalls, 'pipe' | 'readFd' | 'writeFd' | 'openFifo' | 'makeFifo'>

export interface ShimCommand {
  readonly path: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly stdin: Uint8Array
}

export interface ShimOutput {
  /** 128 + signal when a signal ended it. */
  readonly status: number
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
}

/** More than this of output is read and dropped. */
const MAX_OUTPUT_BYTES = 1 << 20
const SIGKILL = 9
/** Reason to stop reading. The default one would be made anew each time, with a stack. */
const hasEnded = new Error('the shim command has ended')

/**
 * Runs a shim command to its end in a process group of its own and collects what it prints. Its output ends with the
 * process itself: a server that it leaves behind may hold the pipe open.
 * @throws the signal's reason, after the process has been killed
 */
export async function runShim(sys: ShimSyscalls, command: ShimCommand, signal?: AbortSignal): Promise<ShimOutput> {
  signal?.throwIfAborted()
  using pipes = new DisposableStack()
  const pipe = (): { read: number; write: number } => {
    const { read, write } = sys.pipe()
    return { read: pipes.adopt(read, closeOnce(sys)), write }
  }
  const input = sys.pipe()
  const stdout = pipe()
  const stderr = pipe()
  let child: SpawnedProcess
  try {
    child = sys.spawn({
      path: command.path,
      argv: [command.path, ...command.args],
      env: command.env,
      cwd: command.cwd,
      stdio: [command.stdin.length === 0 ? 'null' : input.read, stdout.write, stderr.write],
      processGroup: 0,
    })
  } catch (error) {
    sys.close(input.write)
    throw error
  } finally {
    for (const fd of [input.read, stdout.write, stderr.write]) sys.close(fd)
  }
  using _child = child
  const ended = new AbortController()
  const feeding = feed(sys, input.write, command.stdin, ended.signal)
  const outputs = [stdout.read, stderr.read].map((fd) => collect(sys, fd, ended.signal))
  const kill = (): void => void child.kill(SIGKILL)
  signal?.addEventListener('abort', kill, { once: true })
  try {
    const { status } = await child.exited
    signal?.throwIfAborted()
    const texts = await untilDrained(outputs, ended)
    return { status, stdout: texts[0] ?? new Uint8Array(0), stderr: texts[1] ?? new Uint8Array(0) }
  } finally {
    signal?.removeEventListener('abort', kill)
    ended.abort(hasEnded)
    await Promise.allSettled([feeding, ...outputs])
  }
}

/** Takes what is in the pipes now; a writer that outlives the command is not waited for. */
async function untilDrained(outputs: readonly Promise<Uint8Array>[], ended: AbortController): Promise<Uint8Array[]> {
  const all = Promise.all(outputs)
  const grace = AbortSignal.timeout(100)
  await untilAborted(all, grace).catch(() => ended.abort(hasEnded))
  return await all
}

async function feed(sys: ShimSyscalls, fd: number, data: Uint8Array, signal: AbortSignal): Promise<void> {
  try {
    if (data.length > 0) await sys.writeFd(fd, data, { signal })
  } catch {
    // the shim did not read it all: its exit status says what that means
  } finally {
    sys.close(fd)
  }
}

async function collect(sys: ShimSyscalls, fd: number, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let total = 0
  try {
    for (;;) {
      const chunk = await sys.readFd(fd, { signal })
      if (chunk.length === 0) break
      if (total < MAX_OUTPUT_BYTES) chunks.push(chunk)
      total += chunk.length
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return Buffer.concat(chunks).subarray(0, MAX_OUTPUT_BYTES)
}

const closeOnce =
  (sys: ShimSyscalls) =>
  (fd: number): void =>
    sys.close(fd)
