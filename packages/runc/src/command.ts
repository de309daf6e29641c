// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from '@containerd-ts/core'
import { OwnedFds } from './owned-fds.ts'
import type { ExitStatus, Fd, FifoCalls, FileCalls, SpawnCalls } from '@containerd-ts/native-sys'

/** What running a command takes of the kernel. */
export type CommandCalls = Pick<SpawnCalls, 'spawn' | 'findExecutable'> &
  Pick<FifoCalls, 'pipe' | 'readFd' | 'writeFd'> &
  Pick<FileCalls, 'close'>

export interface CommandRequest extends CallOptions {
  readonly path: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string | undefined
  /** The command's own fds 0 to 2; nothing is captured then. They stay the caller's. */
  readonly stdio?: readonly (Fd | 'null')[] | undefined
  /** Bytes for its standard input. */
  readonly input?: Uint8Array | undefined
  /** Keep standard error out of `stdout`. */
  readonly separate?: boolean | undefined
}

export interface CommandResult {
  readonly exit: ExitStatus
  readonly stdout: string
  /** Standard output and error. */
  readonly output: string
}

const SIGKILL = 9
/** What a descendant that kept the output open may delay the answer once the command itself has ended. */
const drainMs = 200
const maxOutputBytes = 1 << 20

/**
 * Runs a command to its end; an abort kills it. It dies with this process (parent-death signal).
 * @throws the signal's reason
 */
export async function runCommand(sys: CommandCalls, request: CommandRequest): Promise<CommandResult> {
  request.signal?.throwIfAborted()
  if (request.stdio !== undefined) {
    return { exit: await runToEnd(sys, request, request.stdio), stdout: '', output: '' }
  }
  using fds = new OwnedFds(sys)
  const stdin = request.input === undefined ? undefined : fds.pipe()
  const stdout = fds.pipe()
  const stderr = request.separate === true ? fds.pipe() : undefined
  const ended = new AbortController()
  const exiting = runToEnd(sys, request, [stdin?.read ?? 'null', stdout.write, stderr?.write ?? stdout.write], () => {
    for (const end of [stdin?.read, stdout.write, stderr?.write]) fds.close(end)
  })
  let drain: NodeJS.Timeout | undefined
  const [exit, out, err] = await Promise.all([
    exiting.finally(() => (drain = setTimeout(() => ended.abort(), drainMs))),
    readAll(sys, stdout.read, ended.signal),
    stderr === undefined ? '' : readAll(sys, stderr.read, ended.signal),
    stdin === undefined ? undefined : feed(sys, fds, stdin.write, request.input ?? new Uint8Array(0), ended.signal),
  ])
  clearTimeout(drain)
  return { exit, stdout: out, output: out + err }
}

async function runToEnd(
  sys: CommandCalls,
  request: CommandRequest,
  stdio: readonly (Fd | 'null')[],
  onStarted?: () => void,
): Promise<ExitStatus> {
  const { path, argv, env, cwd, signal } = request
  using child = sys.spawn({
    path,
    argv,
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdio,
    parentDeathSignal: SIGKILL,
  })
  onStarted?.()
  const kill = (): void => void child.kill(SIGKILL)
  signal?.addEventListener('abort', kill, { once: true })
  const exit = await child.exited
  signal?.removeEventListener('abort', kill)
  if (exit.signal === SIGKILL) signal?.throwIfAborted()
  return exit
}

async function readAll(sys: CommandCalls, fd: Fd, ended: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    while (true) {
      const chunk = await sys.readFd(fd, { signal: ended })
      if (chunk.length === 0) break
      bytes += chunk.length
      if (bytes <= maxOutputBytes) chunks.push(chunk)
    }
  } catch (error) {
    if (!ended.aborted) throw error
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function feed(sys: CommandCalls, fds: OwnedFds, fd: Fd, data: Uint8Array, ended: AbortSignal): Promise<void> {
  try {
    await sys.writeFd(fd, data, { signal: ended })
  } catch {
    // it ended without reading its input: its status tells why
  } finally {
    fds.close(fd)
  }
}
