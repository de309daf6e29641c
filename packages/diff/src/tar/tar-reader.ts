// SPDX-License-Identifier: Apache-2.0
import { parsePaxRecords } from './pax-records.ts'
import { checkSparseRuns, gnuExtensionContinues, gnuExtensionRuns, LeadingMap, type SparseRun } from './sparse-map.ts'
import { blockBytes, checkBlock, Field, numberField, paddingOf } from './tar-block.ts'
import type { ByteString, TarSink } from './tar-entry.ts'
import { invalidHeader, truncated } from './tar-error.ts'
import { parseHeader, textFlag, type Extensions, type ParsedHeader } from './tar-header.ts'

/** Longest PAX header, GNU long name or sparse map; what is longer is an attack. */
const maxMetadataBytes = 1 << 20

const noExtensions: Extensions = { pax: new Map(), longName: undefined, longLink: undefined }

/** What the next bytes are. `collect` hands them over whole, `data` as they come. */
type State =
  | { readonly kind: 'collect'; readonly bytes: number; readonly next: (bytes: Buffer) => State }
  | { readonly kind: 'data' }
  | { readonly kind: 'skip'; bytes: number; readonly next: State }
  | { readonly kind: 'end' }

/**
 * Reads an archive that is pushed in pieces of any size: v7, ustar, star, GNU (long names, sparse files, base-256
 * numbers) and PAX (attributes, sparse 0.0, 0.1 and 1.0). Names and attribute values keep their bytes. What follows the
 * end mark is ignored; an archive may also end without one, and without the padding of its last entry.
 */
export class TarReader {
  readonly #sink: TarSink
  readonly #atHeader: State = { kind: 'collect', bytes: blockBytes, next: (block) => this.#onHeader(block) }
  #state: State = this.#atHeader
  #partial: Buffer[] = []
  #partialBytes = 0
  #extensions: Extensions = noExtensions
  #zeroBlocks = 0
  /** Runs of the current entry still to come, the one at hand first; plain files have one. */
  #runs: SparseRun[] = []
  #runOffset = 0
  #padding = 0
  /** Stored bytes behind the last run. */
  #surplus = 0

  constructor(sink: TarSink) {
    this.#sink = sink
  }

  /** @throws {InvalidArgumentError} the archive is malformed; what was delivered before stands */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const state = this.#state
      if (state.kind === 'collect') at += this.#collect(state, chunk, at)
      else if (state.kind === 'data') at += this.#deliver(chunk, at)
      else if (state.kind === 'skip') {
        const taken = Math.min(state.bytes, chunk.length - at)
        state.bytes -= taken
        at += taken
        if (state.bytes === 0) this.#state = state.next
      } else return
    }
  }

  /** @throws {DataLossError} the archive ended inside an entry */
  end(): void {
    if (this.#state.kind === 'end') return
    const state = this.#state
    const inPadding = state.kind === 'skip' && state.bytes <= this.#padding
    const betweenEntries = state === this.#atHeader && this.#partialBytes === 0
    if (!(betweenEntries || inPadding) || this.#extensions !== noExtensions) throw truncated()
    this.#state = { kind: 'end' }
  }

  #collect(state: Extract<State, { kind: 'collect' }>, chunk: Buffer, at: number): number {
    const missing = state.bytes - this.#partialBytes
    const piece = chunk.subarray(at, at + missing)
    if (piece.length < missing) {
      this.#partial.push(piece)
      this.#partialBytes += piece.length
      return piece.length
    }
    const whole = this.#partialBytes === 0 ? piece : Buffer.concat([...this.#partial, piece])
    this.#partial = []
    this.#partialBytes = 0
    this.#state = state.next(whole)
    return piece.length
  }

  #deliver(chunk: Buffer, at: number): number {
    const run = this.#runs[0] as SparseRun
    const bytes = chunk.subarray(at, at + run.length - this.#runOffset)
    this.#sink.data(bytes, run.offset + this.#runOffset)
    this.#runOffset += bytes.length
    if (this.#runOffset === run.length) {
      this.#runs.shift()
      this.#runOffset = 0
      this.#state = this.#nextRun()
    }
    return bytes.length
  }

  #onHeader(block: Buffer): State {
    if (isZero(block)) return ++this.#zeroBlocks === 2 ? { kind: 'end' } : this.#atHeader
    if (this.#zeroBlocks > 0) throw invalidHeader('single zero block')
    const format = checkBlock(block)
    switch (textFlag(block)) {
      case 'x':
        return this.#metadata(block, (text) => ({ ...this.#extensions, pax: parsePaxRecords(text) }))
      case 'g':
        return this.#metadata(block, (text) => (parsePaxRecords(text), this.#extensions))
      case 'L':
        return this.#metadata(block, (text) => ({ ...this.#extensions, longName: untilNul(text) }))
      case 'K':
        return this.#metadata(block, (text) => ({ ...this.#extensions, longLink: untilNul(text) }))
      default: {
        const header = parseHeader(block, format, this.#extensions)
        this.#extensions = noExtensions
        return this.#onEntry(header)
      }
    }
  }

  #metadata(block: Buffer, extend: (text: ByteString) => Extensions): State {
    const size = numberField(block, Field.size, 'size')
    if (size < 0 || size > maxMetadataBytes) throw invalidHeader(`extended header of ${size} bytes`)
    const next = (bytes: Buffer): State => {
      this.#extensions = extend(bytes.toString('latin1', 0, size))
      return this.#atHeader
    }
    return size === 0 ? next(Buffer.alloc(0)) : { kind: 'collect', bytes: size + paddingOf(size), next }
  }

  #onEntry(header: ParsedHeader): State {
    const { sparse, storedBytes, entry } = header
    if (sparse === undefined) return this.#begin(header, [{ offset: 0, length: entry.sizeBytes }], storedBytes)
    if (sparse.kind === 'leading') return this.#leadingMap(header, new LeadingMap())
    return sparse.more ? this.#extensionBlock(header, [...sparse.runs]) : this.#begin(header, sparse.runs, storedBytes)
  }

  #extensionBlock(header: ParsedHeader, runs: SparseRun[]): State {
    return {
      kind: 'collect',
      bytes: blockBytes,
      next: (block) => {
        runs.push(...gnuExtensionRuns(block))
        if (runs.length * 24 > maxMetadataBytes) throw invalidHeader('sparse map is too long')
        return gnuExtensionContinues(block)
          ? this.#extensionBlock(header, runs)
          : this.#begin(header, runs, header.storedBytes)
      },
    }
  }

  #leadingMap(header: ParsedHeader, map: LeadingMap): State {
    return {
      kind: 'collect',
      bytes: blockBytes,
      next: (block) => {
        const runs = map.push(block.toString('latin1'))
        if (map.bytes > header.storedBytes || map.bytes > maxMetadataBytes)
          throw invalidHeader('sparse map is too long')
        return runs === undefined
          ? this.#leadingMap(header, map)
          : this.#begin(header, runs, header.storedBytes - map.bytes)
      },
    }
  }

  #begin(header: ParsedHeader, runs: readonly SparseRun[], storedBytes: number): State {
    checkSparseRuns(runs, header.entry.sizeBytes, storedBytes)
    this.#runs = runs.filter((run) => run.length > 0)
    this.#runOffset = 0
    this.#padding = paddingOf(header.storedBytes)
    this.#surplus = storedBytes - this.#runs.reduce((sum, run) => sum + run.length, 0)
    this.#sink.entry(header.entry)
    return this.#nextRun()
  }

  #nextRun(): State {
    if (this.#runs.length > 0) return { kind: 'data' }
    this.#sink.endEntry()
    const bytes = this.#surplus + this.#padding
    return bytes === 0 ? this.#atHeader : { kind: 'skip', bytes, next: this.#atHeader }
  }
}

const zeroBlock = Buffer.alloc(blockBytes)
const isZero = (block: Buffer): boolean => block[0] === 0 && block.equals(zeroBlock)

const untilNul = (text: ByteString): ByteString => text.split('\0', 1)[0] ?? ''
