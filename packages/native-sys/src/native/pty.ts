// SPDX-License-Identifier: Apache-2.0
import type { PtyCalls } from '../pty.ts'
import { checkFd, checkInteger, guard } from './guard.ts'
import { binding } from './load.ts'

const maxSide = 0xffff

export const ptyCalls: PtyCalls = {
  openPty({ rows, columns } = { rows: 24, columns: 80 }) {
    checkInteger(rows, 'rows', 0, maxSide)
    checkInteger(columns, 'columns', 0, maxSide)
    const [master, slave, number] = guard(() => binding().openpty(rows, columns))
    return { master, slave, path: `/dev/pts/${number}` }
  },

  isTerminal(fd) {
    checkFd(fd)
    return guard(() => binding().isatty(fd)) === 1
  },

  getWindowSize(fd) {
    checkFd(fd)
    const [rows, columns] = guard(() => binding().getWindowSize(fd))
    return { rows, columns }
  },

  setWindowSize(fd, { rows, columns }) {
    checkFd(fd)
    checkInteger(rows, 'rows', 0, maxSide)
    checkInteger(columns, 'columns', 0, maxSide)
    guard(() => binding().setWindowSize(fd, rows, columns))
  },

  makeRaw(fd) {
    checkFd(fd)
    const before = guard(() => binding().getTermios(fd))
    guard(() => binding().setTermios(fd, before, true))
    return () => guard(() => binding().setTermios(fd, before, false))
  },
}
