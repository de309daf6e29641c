// SPDX-License-Identifier: Apache-2.0
// Brings package-lock.json in step with the manifests. npm does it in a directory without node_modules: beside an
// installed tree it forgets the optional packages of every platform but this one.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mustSucceed } from '../lib/command.ts'
import { repoRoot, workspacePackages } from '../lib/packages.ts'

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
  copyFileSync(join(work, 'package-lock.json'), join(repoRoot, 'package-lock.json'))
} finally {
  rmSync(work, { recursive: true, force: true })
}
