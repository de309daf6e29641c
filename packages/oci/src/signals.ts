// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** Numbers on every Linux architecture we know but MIPS, Alpha and SPARC. @see signal(7) */
const linuxSignals: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  IOT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  POLL: 29,
  PWR: 30,
  SYS: 31,
  UNUSED: 31,
}

const realtimeMin = 34
const realtimeMax = 64

/**
 * Reads a signal: a number, a name with or without `SIG` in any case, `RTMIN+n` or `RTMAX-n`.
 * @throws {InvalidArgumentError}
 */
export function parseSignal(text: string): number {
  if (/^\d+$/.test(text)) {
    const number = Number(text)
    if (number === 0 || number > realtimeMax) throw new InvalidArgumentError(`unknown signal "${text}"`)
    return number
  }
  const name = text.toUpperCase().replace(/^SIG/, '')
  const known = linuxSignals[name]
  if (known !== undefined) return known
  const realtime = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name)
  const [, end, sign, offset = '0'] = realtime ?? []
  const number = end === 'MIN' ? realtimeMin + Number(offset) : realtimeMax - Number(offset)
  const outward = (end === 'MIN' && sign === '-') || (end === 'MAX' && sign === '+')
  if (end === undefined || outward || number < realtimeMin || number > realtimeMax) {
    throw new InvalidArgumentError(`unknown signal "${text}"`)
  }
  return number
}
