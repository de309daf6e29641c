// SPDX-License-Identifier: Apache-2.0
import type { TarEntry } from '@containerd-ts/testkit'
import { Dice } from './dice.ts'

export interface LayerRequest {
  /** Also the seed: the same request gives the same bytes. */
  readonly name: string
  readonly files: number
  /** Of all files together. */
  readonly sizeBytes: number
}

const filesPerDirectory = 12
const corpusBytes = 4 << 20
/** Part of a file that does not compress; with it the whole compresses to two fifths, as real images do. */
const noiseShare = 0.06
const epoch = 1_700_000_000

/** Entries of a layer with sizes, names and contents like those of installed software. */
export function layerEntries({ name, files, sizeBytes }: LayerRequest): readonly TarEntry[] {
  const dice = new Dice(name)
  const text = corpus(dice)
  const entries: TarEntry[] = [{ name: `${name}/`, type: 'directory' }]
  let dir = ''
  for (const [i, size] of fileSizes(dice, files, sizeBytes).entries()) {
    if (i % filesPerDirectory === 0) {
      dir = `${name}/lib/${word(dice)}-${i}/${word(dice)}`
      entries.push(
        { name: `${dir.slice(0, dir.lastIndexOf('/'))}/`, type: 'directory' },
        { name: `${dir}/`, type: 'directory' },
      )
    }
    const path = `${dir}/${word(dice)}-${i}.${dice.below(2) === 0 ? 'so' : 'txt'}`
    const mode = dice.below(6) === 0 ? 0o755 : 0o644
    entries.push({ name: path, data: contents(dice, text, size), mode, mtime: epoch + dice.below(1e7) })
    if (dice.below(30) === 0)
      entries.push({ name: `${path}.link`, type: 'symlink', target: path.slice(dir.length + 1) })
  }
  return entries
}

/** Many small files and a few big ones: log-normal, scaled to the sum. */
function fileSizes(dice: Dice, files: number, sizeBytes: number): readonly number[] {
  const raw = Array.from({ length: files }, () => Math.exp(1.6 * dice.gauss()))
  const scale = sizeBytes / raw.reduce((total, each) => total + each, 0)
  return raw.map((each) => Math.round(each * scale))
}

/** Pieces of text with stretches of noise between them. */
function contents(dice: Dice, text: Buffer, sizeBytes: number): Buffer {
  const data = Buffer.allocUnsafe(sizeBytes)
  for (let at = 0; at < sizeBytes;) {
    const length = Math.min(128 + dice.below(1_400), sizeBytes - at)
    const noise = Math.floor(length * noiseShare)
    const from = dice.below(text.length - length)
    text.copy(data, at, from, from + length - noise)
    dice.bytes(noise).copy(data, at + length - noise)
    at += length
  }
  return data
}

/** Words of a made-up language, some much more frequent than others. */
function corpus(dice: Dice): Buffer {
  const words = Array.from({ length: 2_048 }, () => word(dice))
  const parts: string[] = []
  for (let length = 0; length < corpusBytes;) {
    const next = `${words[Math.floor(words.length * dice.fraction() ** 4)] ?? ''}${dice.below(9) === 0 ? '\n' : ' '}`
    parts.push(next)
    length += next.length
  }
  return Buffer.from(parts.join(''), 'latin1')
}

function word(dice: Dice): string {
  return Array.from({ length: 2 + dice.below(9) }, () => String.fromCharCode(97 + dice.below(26))).join('')
}
