// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { containDaemon, type TestDaemon } from './contained-daemon.ts'
import { defaultForm, ownBinDir, type ProgramForm } from './own-programs.ts'
import { goPeers } from './peers.ts'

export type GoDaemon = TestDaemon

export interface GoDaemonRequest {
  /** Persistent directory; inside the daemon's own temporary directory when absent. */
  readonly root?: string
  /** Directory for running state; as above. */
  readonly state?: string
  /** Which `containerd-shim-runc-v2` stands first on its PATH; its own when absent. */
  readonly shim?: 'ours' | 'go'
  /** Directories put before everything else on the daemon's PATH: where it looks for shims and for runc. */
  readonly pathFirst?: readonly string[]
  /** Of our ctr; sources unless `CONTAINERD_TS_DIST=1`. */
  readonly ctrForm?: ProgramForm
  /** Lines added to its config.toml. */
  readonly config?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts Debian's containerd in a mount namespace of its own, without CRI, on directories of its own. */
export async function startGoDaemon(request: GoDaemonRequest = {}): Promise<TestDaemon> {
  const peers = goPeers()
  return await containDaemon(async (temp) => {
    const { root = temp.join('root'), state = temp.join('state') } = request
    const address = temp.join('c.sock')
    const configPath = temp.join('config.toml')
    await writeFile(configPath, configToml({ root, state, address, extra: request.config ?? '' }))
    const shimDirs = request.shim === 'ours' ? [ownBinDir()] : []
    const path = [...(request.pathFirst ?? []), ...shimDirs, peers.env['PATH']].join(':')
    return {
      root,
      state,
      address,
      form: request.ctrForm ?? defaultForm(),
      env: { ...peers.env, ...request.env, PATH: path },
      program: join(peers.binDir, 'containerd'),
      args: ['--config', configPath],
    }
  })
}

function configToml(paths: { root: string; state: string; address: string; extra: string }): string {
  const disabled = ['cri', 'aufs', 'btrfs', 'devmapper', 'zfs']
  const kinds = disabled.map((id) => `"io.containerd.${id === 'cri' ? 'grpc' : 'snapshotter'}.v1.${id}"`)
  return [
    'version = 2',
    `root = "${paths.root}"`,
    `state = "${paths.state}"`,
    `disabled_plugins = [${kinds.join(', ')}, "io.containerd.internal.v1.opt"]`,
    '[grpc]',
    `  address = "${paths.address}"`,
    '[debug]',
    '  level = "debug"',
    paths.extra,
    '',
  ].join('\n')
}
