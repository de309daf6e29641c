// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { CallOptions, Descriptor, ImageJudgement, ImageVerifier, Logger } from '@containerd-ts/core'
import { silentLogger } from '@containerd-ts/core'
import { errnoOf } from '@containerd-ts/errdefs'
import { deadline } from '@containerd-ts/lifecycle'
import { native, runProgram } from '@containerd-ts/native-sys'
import type { ProgramCalls } from '@containerd-ts/native-sys'
import { descriptorJson } from '@containerd-ts/oci'

export interface BindirVerifierInit {
  /** Directory of executables; absent on disk, everything is accepted. */
  readonly binDir: string
  /** Executables run per image, in order of their names; 0 runs none, a negative number all. Default 10. */
  readonly maxVerifiers?: number | undefined
  /** Default 10 000. */
  readonly perVerifierTimeoutMs?: number | undefined
  readonly logger?: Logger | undefined
  /** Default: the kernel. */
  readonly calls?: ProgramCalls | undefined
}

const stdinMediaType = 'application/vnd.oci.descriptor.v1+json'

/**
 * Asks every executable of a directory, one after the other; the first that does not end with 0 decides against the
 * image, and so does one that takes too long or cannot be run.
 */
export class BindirVerifier implements ImageVerifier {
  readonly #binDir: string
  readonly #maxVerifiers: number
  readonly #timeoutMs: number
  readonly #logger: Logger
  readonly #calls: ProgramCalls

  constructor(init: BindirVerifierInit) {
    this.#binDir = init.binDir
    this.#maxVerifiers = init.maxVerifiers ?? 10
    this.#timeoutMs = init.perVerifierTimeoutMs ?? 10_000
    this.#logger = init.logger ?? silentLogger
    this.#calls = init.calls ?? native
  }

  async verify(name: string, descriptor: Descriptor, options: CallOptions = {}): Promise<ImageJudgement> {
    const found = await this.#programs()
    if (found === undefined) return { ok: true, reason: `image verifier directory ${this.#binDir} does not exist` }
    if (found.length === 0) return { ok: true, reason: `no image verifier binaries found in ${this.#binDir}` }
    const programs = this.#maxVerifiers < 0 ? found : found.slice(0, this.#maxVerifiers)
    if (programs.length < found.length) {
      this.#logger.warn('more image verifiers than are run', { found: found.length, max: this.#maxVerifiers })
    }
    const reasons: string[] = []
    for (const program of programs) {
      options.signal?.throwIfAborted()
      const { ok, reason } = await this.#ask(program, name, descriptor, options.signal)
      if (!ok) return { ok, reason: `verifier ${program} rejected image: ${reason}` }
      reasons.push(`${program} => ${reason}`)
    }
    return { ok: true, reason: reasons.join(', ') }
  }

  async #programs(): Promise<readonly string[] | undefined> {
    try {
      const entries = await readdir(this.#binDir, { withFileTypes: true })
      return entries
        .filter((entry) => !entry.isDirectory())
        .map(({ name }) => name)
        .toSorted()
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    }
  }

  async #ask(
    program: string,
    name: string,
    descriptor: Descriptor,
    signal: AbortSignal | undefined,
  ): Promise<ImageJudgement> {
    const args = ['-name', name, '-digest', descriptor.digest, '-stdin-media-type', stdinMediaType]
    const stdin = Buffer.from(JSON.stringify(descriptorJson(descriptor)))
    using limit = deadline(this.#timeoutMs, signal, `image verifier ${program}`)
    try {
      const path = join(this.#binDir, program)
      const { status, stdout, stderr } = await runProgram(this.#calls, { path, args, stdin, signal: limit.signal })
      if (stderr !== '') this.#logger.debug('image verifier said', { program, stderr })
      const reason = stdout.trim()
      return { ok: status === 0, reason: reason === '' && status !== 0 ? `exit status ${status}` : reason }
    } catch (error) {
      signal?.throwIfAborted()
      return { ok: false, reason: error instanceof Error ? error.message : String(error) }
    }
  }
}
