// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBinary, gate, type Gate } from './gates.ts'
import { repoRoot } from './repo-root.ts'

/** The Go programs that tests run against, unpacked by the setup script and not installed. */
export interface Peers {
  /** Directory with `containerd`, `ctr`, `containerd-shim-runc-v2`, `docker-registry`, `skopeo`, `umoci`. */
  readonly binDir: string
  /** Environment in which they find each other and their shared libraries. */
  readonly env: NodeJS.ProcessEnv
}

/** The peers, or undefined when they were not fetched; `CONTAINERD_TS_PEERS` names another unpacked tree. */
export function findPeers(): Peers | undefined {
  const root = process.env['CONTAINERD_TS_PEERS'] ?? join(repoRoot(), '.cache', 'peers')
  const binDir = join(root, 'usr', 'bin')
  if (!existsSync(join(binDir, 'containerd'))) return undefined
  const env = {
    ...process.env,
    PATH: [binDir, process.env['PATH'], '/usr/sbin', '/sbin'].join(':'),
    LD_LIBRARY_PATH: join(root, 'usr', 'lib', 'x86_64-linux-gnu'),
  }
  return { binDir, env }
}

/** The peers, or an error that says how to get them. */
export function goPeers(): Peers {
  const peers = findPeers()
  if (peers === undefined) throw new Error('.cache/peers is absent; as root, `npm test -- --only prepare` fetches it')
  return peers
}

export function hasPeers(): Gate {
  return gate(findPeers() !== undefined, 'needs .cache/peers, which npm test fetches when run as root')
}

/** A busybox that runs alone in an empty root: the machine's if it is static, else the fetched one. */
export function staticBusybox(): string {
  const fetched = join(repoRoot(), '.cache', 'peers', 'bin', 'busybox')
  const candidates = [findBinary('busybox'), fetched].filter((path) => path !== undefined)
  const found = candidates.find((path) => existsSync(path) && !asksForLoader(path))
  if (found === undefined) throw new Error('no static busybox: install busybox-static or run npm test as root')
  return found
}

const asksForLoader = (path: string): boolean => readFileSync(path).subarray(0, 4096).includes('/ld-linux')
