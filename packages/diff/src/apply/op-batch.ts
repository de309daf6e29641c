// SPDX-License-Identifier: Apache-2.0
import { UnknownError } from '@containerd-ts/errdefs'
import type { ApplyCalls, ApplyOp, Fd, FileCalls } from '@containerd-ts/native-sys'

export type BatchCalls = ApplyCalls & Pick<FileCalls, 'close'>

const maxOps = 256
const maxDataBytes = 4 << 20

/** Gathers changes and hands them to the kernel many at a time. */
export class OpBatch implements Disposable {
  readonly #calls: BatchCalls
  readonly #root: Fd
  readonly #open = new Set<Fd>()
  #ops: ApplyOp[] = []
  #dataBytes = 0
  /** Attributes that the file system did not take. */
  skippedXattrs = 0

  constructor(calls: BatchCalls, root: Fd) {
    this.#calls = calls
    this.#root = root
  }

  add(op: ApplyOp): void {
    this.#ops.push(op)
    if (op.op === 'file') this.#dataBytes += op.data?.length ?? 0
    if (this.#ops.length >= maxOps || this.#dataBytes >= maxDataBytes) this.flush()
  }

  /** Makes an empty file now, to be filled through the fd and ended with a `finish`. */
  open(path: Extract<ApplyOp, { op: 'open' }>['path']): Fd {
    this.#ops.push({ op: 'open', path })
    const fd = this.flush() as Fd
    this.#open.add(fd)
    return fd
  }

  /** @throws {UnknownError} a change failed, named; those after it were not made */
  flush(): Fd | undefined {
    const ops = this.#ops
    if (ops.length === 0) return undefined
    this.#ops = []
    this.#dataBytes = 0
    const { results, failure } = this.#calls.applyBatchSync(this.#root, ops)
    let fd: Fd | undefined
    for (const [i, result] of results.entries()) {
      const op = ops[i] as ApplyOp
      if (op.op === 'finish') this.#open.delete(op.fd)
      this.skippedXattrs += result.skippedXattrs ?? 0
      fd = result.fd
    }
    if (failure !== undefined)
      throw new UnknownError(`layer entry ${nameOf(ops[failure.index])}`, { cause: failure.error })
    return fd
  }

  /** Closes what was opened and never finished. */
  [Symbol.dispose](): void {
    for (const fd of this.#open) this.#calls.close(fd)
    this.#open.clear()
  }
}

function nameOf(op: ApplyOp | undefined): string {
  if (op === undefined || !('path' in op)) return 'of a large file'
  return JSON.stringify(typeof op.path === 'string' ? op.path : Buffer.from(op.path).toString('utf8'))
}
