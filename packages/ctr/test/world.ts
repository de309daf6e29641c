// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import {
  allOf,
  busyboxEntries,
  eventually,
  hasBinary,
  hasOverlayfs,
  hasPeers,
  layoutArchive,
  makeImage,
  requireRoot,
  runCommand,
  tempRoot,
} from '@containerd-ts/testkit'
import type { CommandResult, ImageLayout, TempRoot, TestDaemon } from '@containerd-ts/testkit'
import { expect } from 'vitest'

export const ctrGate = allOf(requireRoot(), hasOverlayfs(), hasBinary('runc'), hasPeers())

export const imageName = 'localhost/test/busybox:latest'

/** A daemon of either kind, and an image archive that is imported already. */
export interface World extends AsyncDisposable {
  readonly temp: TempRoot
  readonly daemon: TestDaemon
  readonly image: ImageLayout
  readonly archive: string
  /** Our ctr, whatever comes of it. */
  ctr(...args: readonly string[]): Promise<CommandResult>
  /** The same with something on standard input. */
  feed(input: string | Uint8Array, ...args: readonly string[]): Promise<CommandResult>
  /** Must exit with 0; what it printed. */
  good(...args: readonly string[]): Promise<string>
  /** A ctr that runs on, to be signalled. */
  start(...args: readonly string[]): RunningCtr
  /** A ctr on a terminal of its own: `script` of shell commands, in which `ctr` and `$CTR` are it. */
  onTerminal(script: string, input?: string): Promise<CommandResult>
}

export interface RunningCtr {
  readonly pid: number
  readonly exited: Promise<number | null>
  output(): string
  kill(signal: NodeJS.Signals): void
}

export async function openWorld(startDaemon: () => Promise<TestDaemon>): Promise<World> {
  await using undo = new AsyncDisposableStack()
  const temp = undo.use(await tempRoot('ctd-ctr-'))
  const config = { Env: ['PATH=/bin', 'FROM_IMAGE=1'], Labels: { maker: 'test' } }
  const image = await makeImage(temp.join('image'), { layers: [await busyboxEntries()], name: imageName, config })
  const archive = temp.join('image.tar')
  await writeFile(archive, await layoutArchive(image.dir))
  const daemon = undo.use(await startDaemon())
  const good: World['good'] = async (...args) => {
    const result = await daemon.ourCtr(...args)
    expect(result.exitCode, `${result.command}: ${result.stderr}`).toBe(0)
    return result.stdout
  }
  await good('images', 'import', archive)
  const owned = undo.move()
  return {
    temp,
    daemon,
    image,
    archive,
    good,
    ctr: (...args) => daemon.ourCtr(...args),
    feed: (input, ...args) => daemon.ourCtrWith({ input }, ...args),
    start: (...args) => startCtr(daemon, args),
    onTerminal: (script, input) => runOnTerminal(daemon, temp, script, input),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function startCtr(daemon: TestDaemon, args: readonly string[]): RunningCtr {
  const { program, args: words } = daemon.ctrCommand('ours', ...args)
  // nsenter without --fork becomes the program: signals reach it.
  const child = spawn(program, words, { env: daemon.env, stdio: ['ignore', 'pipe', 'pipe'] })
  const out: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => out.push(bytes))
  const { promise: exited, resolve } = Promise.withResolvers<number | null>()
  child.on('close', resolve)
  return {
    pid: child.pid ?? 0,
    exited,
    output: () => Buffer.concat(out).toString(),
    kill: (signal) => void child.kill(signal),
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

async function runOnTerminal(daemon: TestDaemon, temp: TempRoot, script: string, input = ''): Promise<CommandResult> {
  const { program, args } = daemon.ctrCommand('ours')
  const file = temp.join('terminal.sh')
  const command = [program, ...args].map(quoted).join(' ')
  await writeFile(file, `CTR="${[program, ...args].join(' ')}"\nctr() { ${command} "$@"; }\n${script}\n`)
  const said = await runCommand('script', ['-qec', `sh ${file}`, '/dev/null'], { env: daemon.env, input })
  // `script` types a NUL when its input ends, and the terminal echoes it whenever that is.
  return { ...said, stdout: said.stdout.replaceAll('^@', '') }
}

/** Our ctr must exit with 1 and say this. */
export async function expectBad({ ctr }: World, message: string | RegExp, ...args: readonly string[]): Promise<void> {
  const result = await ctr(...args)
  expect({ ...result, saysSo: result.stderr.search(message) >= 0 }).toMatchObject({ exitCode: 1, saysSo: true })
}

/** Nothing but images and their committed snapshots is left. Go's ctr looks: it starts in a fraction of the time. */
export async function expectClean({ daemon }: World): Promise<void> {
  await eventually('nothing left', async () => {
    const listed = async (...args: readonly string[]) => {
      const { exitCode, stdout, stderr } = await daemon.ctr(...args)
      if (exitCode !== 0) throw new Error(stderr)
      return stdout.split('\n').filter((line) => line !== '')
    }
    const left = [
      ...daemon.leftovers(),
      ...(await listed('containers', 'ls', '-q')).map((id) => `container ${id}`),
      ...(await listed('tasks', 'ls', '-q')).map((id) => `task ${id}`),
      ...(await listed('leases', 'ls', '-q')).map((id) => `lease ${id}`),
      ...(await listed('content', 'active')).slice(1).map((line) => `ingest ${line}`),
      ...(await listed('snapshots', 'ls')).filter((line) => / (Active|View) *$/.test(line)),
    ]
    if (left.length > 0) throw new Error(left.join('\n'))
    return true
  })
}
