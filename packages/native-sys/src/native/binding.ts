// SPDX-License-Identifier: Apache-2.0
import type { BytePath, Fd } from '../types.ts'

type Bytes = Uint8Array
type Pair = [number, number]
type Triple = [number, number, number]

/** The addon's functions, in the order of its sources. Every argument is present; -1 stands for no descriptor. */
export interface Binding {
  // mount.cc
  mount(source: BytePath, target: BytePath, type: string, flags: number, data: string, namespaceFd: Fd): Promise<void>
  umount2(target: BytePath, flags: number, namespaceFd: Fd): Promise<void>
  statfs(path: BytePath): Promise<Record<string, number>>
  syncfs(fd: Fd): Promise<void>
  // mount_new.cc
  mountNew(
    type: string,
    target: BytePath,
    attributes: number,
    names: string[],
    values: (BytePath | null)[],
  ): Promise<void>
  bindMount(
    source: BytePath,
    target: BytePath,
    recursive: boolean,
    set: number,
    clear: number,
    propagation: number,
    userNamespaceFd: Fd,
  ): Promise<void>
  // file.cc
  openat2(dirFd: Fd, path: BytePath, flags: number, mode: number, resolve: number): Fd
  close(fd: Fd): void
  fsyncDirectory(path: BytePath): Promise<void>
  setlk(fd: Fd): number
  flock(fd: Fd, operation: number): boolean
  mknodat(dirFd: Fd, path: BytePath, mode: number, major: number, minor: number): void
  fchownat(dirFd: Fd, path: BytePath, uid: number, gid: number): void
  utimensat(dirFd: Fd, path: BytePath, atimeNs: bigint | null, mtimeNs: bigint | null): void
  unlinkat(dirFd: Fd, path: BytePath, flags: number): void
  renameat2(fromDir: Fd, from: BytePath, toDir: Fd, to: BytePath, flags: number): Promise<void>
  // copy.cc
  copyRange(from: Fd, to: Fd, length: number): Promise<[bytes: number, cloned: boolean]>
  diskUsage(path: BytePath): Promise<Pair>
  // xattr.cc
  getxattr(
    path: BytePath,
    fd: Fd,
    follow: boolean,
    name: BytePath,
    sync: boolean,
  ): Promise<Buffer | undefined> | Buffer | undefined
  setxattr(
    path: BytePath,
    fd: Fd,
    follow: boolean,
    name: BytePath,
    value: Bytes,
    flags: number,
    sync: boolean,
  ): Promise<void> | undefined
  removexattr(path: BytePath, fd: Fd, follow: boolean, name: BytePath): Promise<void>
  listxattr(path: BytePath, fd: Fd, follow: boolean): Promise<Buffer[]>
  readxattrs(path: BytePath, fd: Fd, follow: boolean): [name: Buffer, value: Buffer][]
  // apply.cc
  applyBatch(rootFd: Fd, ops: readonly object[]): [results: object[], failedIndex: number, error: Error | undefined]
  writeAll(fd: Fd, data: Bytes): void
  // spawn.cc
  spawn(
    path: string,
    argv: readonly string[],
    env: readonly string[],
    cwd: string | null,
    stdio: readonly Fd[],
    setsid: boolean,
    group: number,
    deathSignal: number,
    cgroups: readonly string[],
    setns: readonly Fd[],
    unshare: number,
    oomScoreAdj: string | null,
    umask: number,
  ): Pair
  // process.cc
  pidfdOpen(pid: number): Fd
  pidfdSendSignal(pidfd: Fd, signal: number): number
  kill(pid: number, signal: number): number
  getsid(pid: number): number
  getpgid(pid: number): number
  setSubreaper(enabled: boolean): number
  getSubreaper(): number
  setParentDeathSignal(signal: number): number
  setProcessName(name: string): number
  createSchedCore(): number
  reap(pid: number): Triple | undefined
  isOurZombie(pid: number): number
  // namespace.cc
  createNamespaces(flags: number, uidMap: string, gidMap: string, names: readonly string[]): Promise<Fd[]>
  // descriptor.cc
  mkfifo(path: BytePath, mode: number): Promise<void>
  openFifoHandle(path: BytePath): Fd
  reopen(fd: Fd, flags: number): Fd
  pipe2(nonBlocking: boolean): Pair
  dup(fd: Fd, minimum: number): Fd
  dup3(fd: Fd, target: Fd, inherit: boolean): void
  setNonBlocking(fd: Fd, enabled: boolean): void
  setCloseOnExec(fd: Fd, enabled: boolean): void
  eventfd(initial: number): Fd
  tryRead(fd: Fd, maxBytes: number): Buffer | undefined
  tryWrite(fd: Fd, data: Bytes, offset: number): number
  // socket.cc
  socketpair(type: number): Pair
  listenUnix(path: string, backlog: number, mode: number): Fd
  connectUnix(path: string): Fd
  tryAccept(listener: Fd): Fd
  trySendFds(socket: Fd, data: Bytes, fds: readonly Fd[]): number
  tryReceiveFds(socket: Fd, maxBytes: number): [data: Buffer, fds: Fd[]] | undefined
  peerCredentials(socket: Fd): Triple
  sendDatagram(path: string, data: BytePath): void
  // pty.cc
  openpty(rows: number, columns: number): Triple
  isatty(fd: Fd): number
  getWindowSize(fd: Fd): Pair
  setWindowSize(fd: Fd, rows: number, columns: number): void
  getTermios(fd: Fd): Buffer
  setTermios(fd: Fd, settings: Bytes, raw: boolean): void
  // monitor.cc
  monitorStart(callback: (id: number, a: number, b: number, bytes: Buffer, last: boolean) => void): void
  monitorRef(enabled: boolean): void
  monitorProcess(id: number, pidfd: Fd, reap: boolean): void
  monitorEventFd(id: number, fd: Fd): void
  monitorInotify(id: number, fd: Fd): void
  monitorReady(id: number, fd: Fd, writable: boolean): void
  monitorRelay(id: number, from: Fd, to: Fd, pty: boolean, discard: boolean): void
  monitorCommand(id: number, command: number): void
  monitorRemove(id: number): void
  inotifyInit(): Fd
  inotifyAdd(fd: Fd, path: BytePath, mask: number): number
}
