// SPDX-License-Identifier: Apache-2.0
// Shared by the setup scripts, which run on any Node from 18 on, before anything is installed.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
export const cacheDir = join(root, '.cache')
export const isRoot = process.getuid?.() === 0

/** A message for the person who typed the command, then exit status 1. */
export class SetupError extends Error {}

export function say(text) {
  process.stdout.write(`setup: ${text}\n`)
}

/** Absolute path of a program, searched in PATH and in the sbin directories that a plain user's PATH lacks. */
export function which(program) {
  const path = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`
  for (const dir of path.split(delimiter)) {
    const candidate = join(dir, program)
    try {
      accessSync(candidate, constants.X_OK)
      return candidate
    } catch {
      // not in this directory
    }
  }
  return undefined
}

/** Runs a program with our output streams; throws when it fails. */
export function run(program, args, options = {}) {
  const { status, signal, error } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options })
  if (error) throw new SetupError(`${program}: ${error.message}`)
  if (status !== 0)
    throw new SetupError(`${program} ${args.join(' ')}: ${signal ? `killed by ${signal}` : `exit ${status}`}`)
}

/** What a program prints; throws when it fails. */
export function output(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (error) throw new SetupError(`${program}: ${error.message}`)
  if (status !== 0) throw new SetupError(`${program} ${args.join(' ')}: exit ${status}\n${stderr}`)
  return stdout
}

/** Runs `change` while no other setup of this checkout does; a lock left by a dead process is taken over. */
export function withLock(change) {
  const path = join(cacheDir, 'setup.lock')
  mkdirSync(cacheDir, { recursive: true })
  let announced = false
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const holder = holderOf(path)
    if (holder === undefined) {
      rmSync(path, { force: true })
      continue
    }
    if (!announced) say(`waiting for another setup (pid ${holder})`)
    announced = true
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
  try {
    return change()
  } finally {
    rmSync(path, { force: true })
  }
}

function holderOf(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    // An empty file is a lock whose owner is about to write its pid.
    if (pid === 0) return 'unknown'
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return error.code === 'EPERM' ? 'of another user' : undefined
  }
}
