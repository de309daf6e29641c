// SPDX-License-Identifier: Apache-2.0
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { isRoot, run, say, SetupError, which, withLock } from './lib.mjs'

/** A program the machine has to have, and the Debian package that brings it. */
const tools = {
  compiler: { packages: ['g++'], present: () => process.env.CXX ?? which('g++'), why: 'builds the native addon' },
  runc: { packages: ['runc'], present: () => which('runc'), why: 'runs containers' },
  busybox: { packages: ['busybox-static'], present: () => which('busybox'), why: 'is the content of test images' },
  ip: { packages: ['iproute2'], present: () => which('ip'), why: 'looks after network namespaces' },
  ps: { packages: ['procps'], present: () => which('ps'), why: 'lists processes' },
  unshare: {
    packages: ['util-linux', 'mount'],
    present: () => which('unshare') && which('nsenter') && which('mount'),
    why: 'gives peers a mount namespace of their own',
  },
}

/** Installs the Debian packages of the named tools that the machine lacks. */
export function ensureTools(names) {
  if (missingOf(names).length === 0) return
  withLock(() => {
    const missing = missingOf(names)
    if (missing.length === 0) return
    const packages = missing.flatMap((name) => tools[name].packages)
    for (const name of missing) say(`${tools[name].packages.join(' and ')}: missing (${tools[name].why})`)
    const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
    if (which('apt-get') === undefined)
      throw new SetupError(`this machine has no apt-get; install by hand: ${packages.join(' ')}`)
    if (!isRoot) throw new SetupError(`only root may install; run as root: ${command}`)
    say(`installing with apt-get: ${packages.join(' ')}`)
    aptUpdate()
    run('apt-get', ['-q', 'install', '-y', '--no-install-recommends', ...packages], { env: aptEnv() })
    const left = missingOf(names)
    if (left.length > 0) throw new SetupError(`apt-get ended, but ${left.join(', ')} cannot be found`)
  })
}

const missingOf = (names) => names.filter((name) => !tools[name].present())

let updated = false

/** Refreshes apt's lists, once per run; the caller holds the lock. */
export function aptUpdate() {
  if (updated || !isRoot) return
  run('apt-get', ['-q', 'update'], { env: aptEnv() })
  updated = true
}

export const aptEnv = () => ({ ...process.env, DEBIAN_FRONTEND: 'noninteractive' })

/** True when the ELF file asks for no dynamic loader, so that it runs alone in an empty root. */
export function isStatic(path) {
  if (path === undefined || !existsSync(path)) return false
  const fd = openSync(path, 'r')
  try {
    const head = Buffer.alloc(4096)
    const length = readSync(fd, head, 0, head.length, 0)
    return !head.subarray(0, length).includes('/ld-linux')
  } finally {
    closeSync(fd)
  }
}
