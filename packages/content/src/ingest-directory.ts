// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { IngestStatus } from '@containerd-ts/core'
import { errnoOf } from '@containerd-ts/errdefs'
import { absentOnMissing, replaceFile } from './durable.ts'
import { formatTimestamp, parseTimestamp } from './timestamp.ts'

/** The files of one ingest. Knows nothing about locks. */
export class IngestDirectory {
  readonly path: string
  readonly dataPath: string

  constructor(path: string) {
    this.path = path
    this.dataPath = join(path, 'data')
  }

  /** Makes the directory; false when it was there. */
  async create(): Promise<boolean> {
    try {
      await mkdir(this.path, { mode: 0o755 })
      return true
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false
      throw error
    }
  }

  /** Writes what describes a fresh ingest. The bytes are the writer's. */
  async describe(ref: string, totalBytes: number, startedAt: Date): Promise<void> {
    const started = formatTimestamp(startedAt)
    await writeFile(join(this.path, 'ref'), ref)
    if (totalBytes > 0) await writeFile(join(this.path, 'total'), String(totalBytes))
    else await rm(join(this.path, 'total'), { force: true })
    await replaceFile(join(this.path, 'startedat'), started)
    await replaceFile(join(this.path, 'updatedat'), started)
  }

  async touch(at: Date): Promise<void> {
    await replaceFile(join(this.path, 'updatedat'), formatTimestamp(at))
  }

  async ref(): Promise<string | undefined> {
    return absentOnMissing(readFile(join(this.path, 'ref'), 'utf8'))
  }

  /** `undefined` where a file is missing or unreadable: the ingest was committed, aborted, or half made when power failed. */
  async status(): Promise<IngestStatus | undefined> {
    const [ref, data, startedText, updatedText, totalText] = await Promise.all([
      this.ref(),
      absentOnMissing(stat(this.dataPath)),
      absentOnMissing(readFile(join(this.path, 'startedat'), 'utf8')),
      absentOnMissing(readFile(join(this.path, 'updatedat'), 'utf8')),
      absentOnMissing(readFile(join(this.path, 'total'), 'utf8')),
    ])
    const startedAt = startedText === undefined ? undefined : parseTimestamp(startedText)
    const touchedAt = updatedText === undefined ? undefined : parseTimestamp(updatedText)
    const totalBytes = totalText === undefined ? 0 : Number(totalText)
    if (ref === undefined || data === undefined || startedAt === undefined || touchedAt === undefined) return undefined
    if (!Number.isSafeInteger(totalBytes) || totalBytes < 0) return undefined
    const updatedAt = data.mtime > touchedAt ? data.mtime : touchedAt
    return { ref, offsetBytes: data.size, totalBytes, startedAt, updatedAt }
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}
