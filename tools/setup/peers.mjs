// SPDX-License-Identifier: Apache-2.0
// Programs that only tests, the demo and the benchmark talk to. They are fetched as Debian packages and
// unpacked into .cache/peers, never installed: whoever runs the tests keeps the containerd they have.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { aptEnv, aptUpdate, isStatic } from './debian.mjs'
import { cacheDir, output, run, say, SetupError, which, withLock } from './lib.mjs'

const peersDir = join(cacheDir, 'peers')
const stampPath = join(peersDir, 'packages.txt')

/** Names of the packages to unpack; busybox only when the machine's own needs shared libraries. */
function wantedPackages() {
  const fixed = ['containerd', 'docker-registry', 'docker.io', 'skopeo', 'tini', 'umoci']
  return isStatic(which('busybox')) ? fixed : [...fixed, 'busybox-static']
}

/** Makes `.cache/peers` whole; does nothing when it is. */
export function ensurePeers() {
  const wanted = wantedPackages()
  if (isComplete(wanted)) return
  withLock(() => {
    if (isComplete(wanted)) return
    for (const tool of ['apt-get', 'apt-cache', 'dpkg-deb', 'dpkg-query']) {
      if (which(tool) === undefined)
        throw new SetupError(`${tool} is not on this machine; peers needed for tests: ${wanted.join(', ')}`)
    }
    say(`fetching into .cache/peers (unpacked there, not installed): ${wanted.join(', ')}`)
    aptUpdate()
    const packages = [...wanted, ...missingLibraries(wanted)]
    const debsDir = join(cacheDir, 'debs')
    fetchDebs(packages, debsDir)
    const unpacked = `${peersDir}.${process.pid}`
    try {
      for (const deb of readdirSync(debsDir)) {
        if (packages.includes(deb.split('_')[0])) run('dpkg-deb', ['-x', join(debsDir, deb), unpacked])
      }
      writeFileSync(join(unpacked, 'packages.txt'), `${wanted.join('\n')}\n`)
      rmSync(peersDir, { recursive: true, force: true })
      renameSync(unpacked, peersDir)
    } finally {
      rmSync(unpacked, { recursive: true, force: true })
    }
  })
}

function isComplete(wanted) {
  if (!existsSync(stampPath)) return false
  const unpacked = readFileSync(stampPath, 'utf8').split('\n')
  return wanted.every((name) => unpacked.includes(name))
}

/** Downloads into a fresh directory that takes its name only when every package is there. */
function fetchDebs(packages, debsDir) {
  const present = existsSync(debsDir) ? readdirSync(debsDir).map((deb) => deb.split('_')[0]) : []
  if (packages.every((name) => present.includes(name))) return
  const partial = `${debsDir}.${process.pid}`
  mkdirSync(partial, { recursive: true })
  try {
    // Without this option apt complains that its own user cannot write here.
    run('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', 'download', ...packages], { cwd: partial, env: aptEnv() })
    rmSync(debsDir, { recursive: true, force: true })
    renameSync(partial, debsDir)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

/** Shared libraries that the peers need and the machine lacks, and what those need in turn. */
function missingLibraries(packages) {
  const seen = new Set(packages)
  for (const name of seen) {
    for (const library of libraryDependencies(name)) if (!isInstalled(library)) seen.add(library)
  }
  return [...seen].filter((name) => !packages.includes(name))
}

function libraryDependencies(name) {
  const relations = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(
    (kind) => `--no-${kind}`,
  )
  const lines = output('apt-cache', ['depends', ...relations, name]).split('\n')
  // A bar marks an alternative to the line after it; packages of scripts and data are not needed to run a program.
  return lines.flatMap((line) => /^ {2}(?:Pre-)?Depends: (lib[a-z0-9.+-]+)$/.exec(line)?.[1] ?? [])
}

function isInstalled(name) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' })
  return stdout === 'installed'
}
