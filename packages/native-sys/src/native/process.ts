// SPDX-License-Identifier: Apache-2.0
import type { ProcessCalls } from '../process.ts'
import { checkFd, checkInteger, checkPath, guard, tolerate } from './guard.ts'
import { binding } from './load.ts'

const maxPid = 0x7fffffff
const checkSignal = (signal: number): void => checkInteger(signal, 'signal', 0, 64)

export const processCalls: ProcessCalls = {
  pidfdOpen(pid) {
    checkInteger(pid, 'pid', 1, maxPid)
    return guard(() => binding().pidfdOpen(pid))
  },

  pidfdSendSignal(pidfd, signal) {
    checkFd(pidfd, 'pidfd')
    checkSignal(signal)
    return tolerate(['ESRCH'], () => guard(() => binding().pidfdSendSignal(pidfd, signal)) === 0, false)
  },

  kill(pid, signal) {
    checkInteger(pid, 'pid', -maxPid, maxPid)
    checkSignal(signal)
    return tolerate(['ESRCH'], () => guard(() => binding().kill(pid, signal)) === 0, false)
  },

  getsid: (pid) => guard(() => binding().getsid(pid)),
  getpgid: (pid) => guard(() => binding().getpgid(pid)),
  setSubreaper: (enabled) => void guard(() => binding().setSubreaper(enabled)),
  isSubreaper: () => guard(() => binding().getSubreaper()) === 1,

  setParentDeathSignal(signal) {
    checkSignal(signal)
    guard(() => binding().setParentDeathSignal(signal))
  },

  setProcessName(name) {
    checkPath(name, 'name')
    guard(() => binding().setProcessName(name))
  },

  createSchedCore: () => void guard(() => binding().createSchedCore()),

  sdNotify(state, socket = process.env['NOTIFY_SOCKET']) {
    if (socket === undefined || socket === '') return false
    const path = socket.startsWith('@') ? `\0${socket.slice(1)}` : socket
    guard(() => binding().sendDatagram(path, state), socket)
    return true
  },
}
