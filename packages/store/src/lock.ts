// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto'
import { link, open, readdir, readFile, rm, truncate, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, FailedPreconditionError } from '@containerd-ts/errdefs'

/** Held until disposed or until the process ends, however it ends. */
export type DirectoryLock = AsyncDisposable

/** flock(2), exclusive, without waiting; true when taken. The kernel lets go when the holder dies. */
export type TryFlock = (fd: number) => boolean

interface Holder {
  readonly pid: number
  /** Field 22 of `/proc/<pid>/stat` and the boot it counts from: tells a reused pid from the holder. */
  readonly startTime: string
  readonly bootId: string
}

/**
 * Takes a directory for this process; a file in it names the holder. A holder that no longer runs does not count.
 * With `tryFlock` that is `lock`, and the kernel decides; without, `lock.<generation>`, and pid and start time do, which
 * needs both processes in one pid namespace.
 * @throws {FailedPreconditionError} naming the directory and the pid that holds it
 */
export async function lockDirectory(dir: string, tryFlock?: TryFlock): Promise<DirectoryLock> {
  return tryFlock === undefined ? await lockByGeneration(dir) : await lockByKernel(dir, tryFlock)
}

async function lockByKernel(dir: string, tryFlock: TryFlock): Promise<DirectoryLock> {
  const path = join(dir, 'lock')
  await using undo = new AsyncDisposableStack()
  const file: FileHandle = undo.use(await open(path, 'a+', 0o600))
  if (!tryFlock(file.fd)) throw heldBy(dir, parseHolder(await readFile(path, 'utf8')))
  await file.truncate(0)
  await file.write(JSON.stringify(await describeProcess(process.pid)))
  // The file stays: removing it would let two processes lock two files of one name.
  return undo.move()
}

/**
 * Whoever creates the file of the next generation holds the lock, so two that see the same dead holder cannot both
 * succeed it. Generations only grow: a lock given back leaves its file behind, empty.
 */
async function lockByGeneration(dir: string): Promise<DirectoryLock> {
  const text = JSON.stringify(await describeProcess(process.pid))
  for (;;) {
    const last = await lastGeneration(dir)
    if (last > 0) {
      const holder = parseHolder(await readText(join(dir, `lock.${last}`)))
      if (holder !== undefined && (await isAlive(holder))) throw heldBy(dir, holder)
    }
    const path = join(dir, `lock.${last + 1}`)
    if (!(await createWhole(dir, path, text))) continue
    await removeBut(dir, path)
    return { [Symbol.asyncDispose]: () => truncate(path) }
  }
}

/** Creates a file that is never seen empty; false when somebody else was faster. */
async function createWhole(dir: string, path: string, text: string): Promise<boolean> {
  const own = join(dir, `lock-${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    await writeFile(own, text, { mode: 0o600, flag: 'wx' })
    await link(own, path)
    return true
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST' || errnoOf(cause) === 'ENOENT') return false
    throw cause
  } finally {
    await rm(own, { force: true })
  }
}

async function lastGeneration(dir: string): Promise<number> {
  const generations = (await readdir(dir)).map((name) => Number(/^lock\.(\d+)$/.exec(name)?.[1] ?? 0))
  return Math.max(0, ...generations)
}

/** What earlier holders and starters left; a starter that loses its file this way starts over and finds the holder. */
async function removeBut(dir: string, path: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (/^lock[.-]\d/.test(name) && join(dir, name) !== path) await rm(join(dir, name), { force: true })
  }
}

const heldBy = (dir: string, holder: Holder | undefined): FailedPreconditionError =>
  new FailedPreconditionError(`${dir} is in use by process ${holder?.pid ?? 'unknown'}`)

async function isAlive(holder: Holder): Promise<boolean> {
  const now = await describeProcess(holder.pid).catch(() => undefined)
  return now?.startTime === holder.startTime && now.bootId === holder.bootId
}

async function describeProcess(pid: number): Promise<Holder> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  // The command name may hold blanks and brackets; fields are counted from its last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { pid, startTime: fields[19] ?? '', bootId }
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return ''
    throw error
  })
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, startTime, bootId } = JSON.parse(text) as Partial<Holder>
    return typeof pid === 'number' && typeof startTime === 'string' && typeof bootId === 'string'
      ? { pid, startTime, bootId }
      : undefined
  } catch {
    return undefined
  }
}
