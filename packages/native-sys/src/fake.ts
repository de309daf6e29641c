// SPDX-License-Identifier: Apache-2.0
import type { ExitStatus, SpawnedProcess } from './process.ts'
import type { Syscalls } from './syscalls.ts'
import type { Fd } from './types.ts'

/** One call, by its name in `Syscalls`. */
export interface RecordedCall {
  readonly name: keyof Syscalls
  readonly args: readonly unknown[]
}

export interface RecordedSyscalls {
  /** Hand it where the code under test takes a `Syscalls` or a part of it. */
  readonly sys: Syscalls
  /** Every call so far, oldest first, refused ones included. */
  readonly calls: readonly RecordedCall[]
  /** Arguments of the calls of one name. */
  of<K extends keyof Syscalls>(name: K): readonly Parameters<Syscalls[K]>[]
}

/**
 * A `Syscalls` that touches nothing and remembers what it was asked. Answers are those of a kernel where everything
 * succeeds: fresh numbers for descriptors and pids, processes that end with 0. Give your own functions for the rest,
 * throwing a `SyscallError` to play a fault.
 */
export function recordSyscalls(answers: Partial<Syscalls> = {}): RecordedSyscalls {
  const calls: RecordedCall[] = []
  const all: Syscalls = { ...defaults(), ...answers }
  const sys = Object.fromEntries(
    Object.entries(all).map(([name, answer]) => [
      name,
      (...args: unknown[]): unknown => {
        calls.push({ name: name as keyof Syscalls, args })
        return (answer as (...given: unknown[]) => unknown)(...args)
      },
    ]),
  ) as unknown as Syscalls
  return {
    sys,
    calls,
    of: <K extends keyof Syscalls>(name: K) =>
      calls.filter((call) => call.name === name).map((call) => call.args as unknown as Parameters<Syscalls[K]>),
  }
}

function defaults(): Syscalls {
  let nextFd = 1000
  let nextPid = 100_000
  const fd = (): Fd => nextFd++
  const done = async (): Promise<void> => {}
  const nothing = (): void => {}
  const exit = (pid: number): ExitStatus => ({ pid, status: 0, signal: undefined, coreDumped: false })
  const watch = () => ({ ended: Promise.resolve(), [Symbol.dispose]: nothing })
  return {
    mount: done,
    unmount: async () => true,
    mountNew: done,
    bindMount: done,
    statfs: async () => ({
      type: 0xef53,
      blockSize: 4096,
      blocks: 0,
      blocksFree: 0,
      blocksAvailable: 0,
      files: 0,
      filesFree: 0,
      nameMax: 255,
      flags: 0,
    }),
    syncfs: done,
    openAt: fd,
    close: nothing,
    fsyncDirectory: done,
    tryLock: () => ({ acquired: true }),
    tryFlock: () => true,
    mknod: nothing,
    lchown: nothing,
    setTimes: nothing,
    unlinkAt: nothing,
    renameAt: done,
    copyRange: async ({ lengthBytes = 0 }) => ({ copiedBytes: lengthBytes, cloned: false }),
    diskUsage: async () => ({ sizeBytes: 4096, inodes: 1 }),
    getXattr: async () => undefined,
    getXattrSync: () => undefined,
    setXattr: done,
    setXattrSync: nothing,
    removeXattr: async () => false,
    listXattrs: async () => [],
    readXattrsSync: () => [],
    applyBatchSync: (_root, ops) => ({
      results: ops.map(({ op }) => (op === 'open' ? { fd: fd() } : {})),
      failure: undefined,
    }),
    writeAllSync: nothing,
    spawn: () => {
      const pid = nextPid++
      return {
        pid,
        pidfd: fd(),
        exited: Promise.resolve(exit(pid)),
        kill: () => false,
        [Symbol.dispose]: nothing,
      } satisfies SpawnedProcess
    },
    findExecutable: (name) => (name.includes('/') ? name : `/usr/bin/${name}`),
    pidfdOpen: fd,
    pidfdSendSignal: () => true,
    kill: () => true,
    getsid: (pid) => pid,
    getpgid: (pid) => pid,
    setSubreaper: nothing,
    isSubreaper: () => false,
    setParentDeathSignal: nothing,
    setProcessName: nothing,
    createSchedCore: nothing,
    sdNotify: () => false,
    openReaper: () => ({ adopt: async (pid) => exit(pid), [Symbol.dispose]: nothing }),
    waitGone: done,
    createNamespaces: async ({ kinds }) => Object.fromEntries(kinds.map((kind) => [kind, fd()])),
    makeFifo: done,
    openFifo: async () => fd(),
    relay: () => ({ done: Promise.resolve({ bytes: 0, ended: 'eof' as const }), finish: nothing, close: nothing }),
    readFd: async () => Buffer.alloc(0),
    writeFd: done,
    pipe: () => ({ read: fd(), write: fd() }),
    dup: fd,
    dupTo: nothing,
    setNonBlocking: nothing,
    setCloseOnExec: nothing,
    eventFd: fd,
    socketPair: () => [fd(), fd()],
    listenUnix: fd,
    connectUnix: fd,
    acceptUnix: async () => fd(),
    sendFds: done,
    receiveFds: async () => ({ data: Buffer.alloc(0), fds: [] }),
    receiveConsole: async () => ({ name: '/dev/pts/0', fd: fd() }),
    peerCredentials: () => ({ pid: process.pid, uid: 0, gid: 0 }),
    openPty: () => ({ master: fd(), slave: fd(), path: '/dev/pts/0' }),
    isTerminal: () => false,
    getWindowSize: () => ({ rows: 24, columns: 80 }),
    setWindowSize: nothing,
    makeRaw: () => nothing,
    watchEventFd: watch,
    watchInotify: watch,
    watchOom: watch,
    waitReadable: done,
    waitWritable: done,
  }
}
