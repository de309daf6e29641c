// SPDX-License-Identifier: Apache-2.0
import type { ProgressEvent } from '@containerd-ts/images'
import { binarySize } from './units.ts'
import { writeText } from './write-bytes.ts'

/** What happened to one part of an image; events that nobody knows are not shown. */
export interface ProgressReport {
  readonly event: string
  readonly name: string
  readonly offsetBytes: number
  readonly totalBytes: number
}

/** Where one part of an image stands. */
export interface ProgressLine {
  readonly name: string
  readonly status: string
  readonly offsetBytes: number
  readonly totalBytes: number
}

/** The words of the original's local pull and push. */
const statusOf: Readonly<Record<string, string>> = {
  resolving: 'resolving',
  resolved: 'resolved',
  'fetching image content': 'waiting',
  'pushing content': 'waiting',
  waiting: 'waiting',
  downloading: 'downloading',
  uploading: 'uploading',
  'already exists': 'exists',
  complete: 'done',
  extracting: 'extracting',
  extracted: 'done',
} satisfies Partial<Record<ProgressEvent, string>>

const refreshMs = 100
const barWidth = 40

/**
 * Shows where each part of an image stands: redrawn in place on a terminal, otherwise one line for each change of
 * state. Writes to standard error, so that standard output holds results only.
 */
export class ProgressView implements Disposable {
  readonly #lines = new Map<string, ProgressLine>()
  readonly #terminal = process.stderr.isTTY
  readonly #quiet: boolean
  readonly #began = Date.now()
  #drawn = 0
  #timer: NodeJS.Timeout | undefined

  constructor({ quiet }: { readonly quiet: boolean }) {
    this.#quiet = quiet
    if (this.#terminal && !quiet) this.#timer = setInterval(() => this.#draw(), refreshMs)
    this.#timer?.unref()
  }

  /** Takes one report. */
  readonly report = ({ event, name, offsetBytes, totalBytes }: ProgressReport): void => {
    const status = statusOf[event]
    if (status === undefined || this.#quiet) return
    const before = this.#lines.get(name)
    const known = Math.max(totalBytes, before?.totalBytes ?? 0)
    this.#lines.set(name, { name, status, offsetBytes: status === 'done' ? known : offsetBytes, totalBytes: known })
    if (!this.#terminal && before?.status !== status) writeText(2, `${name}: ${status}\n`)
  };

  /** Draws the last state and what was moved in what time. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    if (this.#quiet || this.#lines.size === 0) return
    if (this.#terminal) this.#draw()
    const seconds = Math.max((Date.now() - this.#began) / 1000, 0.001)
    const total = [...this.#lines.values()].reduce((sum, line) => sum + line.offsetBytes, 0)
    writeText(2, `elapsed: ${seconds.toFixed(1)} s\ttotal: ${binarySize(total)}\t(${binarySize(total / seconds)}/s)\n`)
  }

  #draw(): void {
    const lines = [...this.#lines.values()].slice(0, Math.max((process.stderr.rows ?? 24) - 1, 1))
    const width = Math.max(...lines.map(({ name }) => name.length), 0)
    const text = lines.map((line) => `\u001b[2K${formatProgressLine(line, width)}\n`).join('')
    writeText(2, `${this.#drawn > 0 ? `\u001b[${this.#drawn}A` : ''}${text}`)
    this.#drawn = lines.length
  }
}

/** One line of the display: name, state, bar and bytes. */
export function formatProgressLine({ name, status, offsetBytes, totalBytes }: ProgressLine, width: number): string {
  const part = status === 'done' || status === 'exists' ? 1 : totalBytes > 0 ? Math.min(offsetBytes / totalBytes, 1) : 0
  const filled = Math.round(part * barWidth)
  const bar = `|${'+'.repeat(filled)}${'-'.repeat(barWidth - filled)}|`
  const bytes = totalBytes > 0 && status !== 'done' ? ` ${binarySize(offsetBytes)}/${binarySize(totalBytes)}` : ''
  return `${`${name}:`.padEnd(width + 2)}${status.padEnd(12)}${bar}${bytes}`
}
