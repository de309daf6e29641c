// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { TypedAny } from '@containerd-ts/core'
import { UnknownError } from '@containerd-ts/errdefs'

/** A program that reads a layer of one media type on stdin and writes another on stdout. */
export interface StreamProcessor {
  readonly id: string
  readonly accepts: readonly string[]
  readonly returns: string
  readonly path: string
  readonly args?: readonly string[] | undefined
  /** `NAME=value`, on top of this process's environment. */
  readonly env?: readonly string[] | undefined
}

export interface RunningProcessor extends AsyncDisposable {
  readonly output: Readable
  /** Resolves when the program ended well. @throws {UnknownError} with what it wrote to stderr */
  done(): Promise<void>
}

const maxStderrBytes = 64 << 10

/** Starts a processor on `input`. The payload, a protobuf Any, is its fd 3. Disposal kills what still runs. */
export function runProcessor(
  processor: StreamProcessor,
  mediaType: string,
  input: Readable,
  payload?: TypedAny,
): RunningProcessor {
  const extra = Object.fromEntries(
    (processor.env ?? []).map((pair) => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)]),
  )
  const child = spawn(processor.path, processor.args ?? [], {
    env: { ...process.env, ...extra, STREAM_PROCESSOR_MEDIATYPE: mediaType },
    stdio: ['pipe', 'pipe', 'pipe', payload === undefined ? 'ignore' : 'pipe'],
  })
  const [stdin, stdout, stderr, extraPipe] = child.stdio as unknown as [Writable, Readable, Readable, Writable | null]
  const errors: Buffer[] = []
  let size = 0
  stderr.on('data', (chunk: Buffer) => {
    if ((size += chunk.length) <= maxStderrBytes) errors.push(chunk)
  })
  const exit = ended(child, processor.id, () => Buffer.concat(errors).toString().trim())
  exit.catch(() => {}) // `done` reports it
  // A program may stop reading early; its exit status says whether that was right.
  stdin.on('error', () => {})
  extraPipe?.on('error', () => {})
  extraPipe?.end(payload === undefined ? undefined : encodeAny(payload))
  // Held here from the start: Node throws away what an ended child wrote and nobody reads yet.
  const output = stdout.pipe(new PassThrough({ highWaterMark: 1 << 20 }))
  for (const stream of [input, stdout]) stream.on('error', (error) => output.destroy(error))
  input.pipe(stdin)
  return {
    output,
    done: () => exit,
    [Symbol.asyncDispose]: async () => {
      input.destroy()
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await Promise.allSettled([exit, finished(stdout.destroy()), finished(output.destroy())])
    },
  }
}

function ended(child: ChildProcess, id: string, stderr: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new UnknownError(`stream processor ${id}`, { cause })))
    child.once('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new UnknownError(`stream processor ${id} ended with ${signal ?? code}: ${stderr()}`))
    })
  })
}

/** `google.protobuf.Any`: the type URL is field 1, the value field 2. */
function encodeAny({ typeUrl, value }: TypedAny): Buffer {
  const url = Buffer.from(typeUrl)
  return Buffer.concat([Buffer.of(0x0a), varint(url.length), url, Buffer.of(0x12), varint(value.length), value])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}
