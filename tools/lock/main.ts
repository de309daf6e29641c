// SPDX-License-Identifier: Apache-2.0
// Brings package-lock.json in step with the manifests. npm does it in a directory without node_modules: beside an
// installed tree it forgets the optional packages of every platform but this one.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mustSucceed } from '../lib/command.ts'
import { repoRoot, workspacePackages } from '../lib/packages.ts'
import { foreignPlatformEntries, type LockEntry } from './foreign-platforms.ts'

const work = mkdtempSync(join(tmpdir(), 'ctd-lock-'))
try {
  for (const name of ['package.json', 'package-lock.json', '.npmrc'])
    copyFileSync(join(repoRoot, name), join(work, name))
  for (const { id, dir } of workspacePackages()) {
    mkdirSync(join(work, 'packages', id), { recursive: true })
    copyFileSync(join(dir, 'package.json'), join(work, 'packages', id, 'package.json'))
  }
  await mustSucceed('npm', [
    'install',
    '--package-lock-only',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `--prefix=${work}`,
  ])
  const lock = JSON.parse(readFileSync(join(work, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockEntry>
  }
  const packages = { ...lock.packages, ...foreignPlatformEntries(lock.packages) }
  // The place of an entry is npm's: the root first, then by path.
  lock.packages = Object.fromEntries(Object.entries(packages).toSorted(([a], [b]) => a.localeCompare(b, 'en')))
  writeFileSync(join(repoRoot, 'package-lock.json'), `${JSON.stringify(lock, undefined, 2)}\n`)
} finally {
  rmSync(work, { recursive: true, force: true })
}
