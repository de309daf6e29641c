// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { containDaemon, type TestDaemon } from './contained-daemon.ts'
import { defaultForm, ownBinDir, ownProgram, type ProgramForm } from './own-programs.ts'
import { goPeers } from './peers.ts'

export interface OwnDaemonRequest {
  /** Persistent directory; inside the daemon's own temporary directory when absent. */
  readonly root?: string
  /** Directory for running state; as above. */
  readonly state?: string
  /** Which `containerd-shim-runc-v2` stands first on its PATH; ours (`dist/bin`) when absent. */
  readonly shim?: 'ours' | 'go'
  /** Directories put before even that. */
  readonly pathFirst?: readonly string[]
  /** Its config.toml; empty when absent. Paths come from flags. */
  readonly config?: string
  /** Sources unless `CONTAINERD_TS_DIST=1`. */
  readonly form?: ProgramForm
  /** Of our ctr; as the daemon's when absent. */
  readonly ctrForm?: ProgramForm
  readonly logLevel?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts our containerd in a mount namespace of its own, on directories of its own, with a real shim and runc. */
export async function startDaemon(request: OwnDaemonRequest = {}): Promise<TestDaemon> {
  const peers = goPeers()
  const { form = defaultForm(), shim = 'ours', pathFirst = [], logLevel = 'debug' } = request
  const own = ownProgram('containerd', form)
  return await containDaemon(async (temp) => {
    const { root = temp.join('root'), state = temp.join('state') } = request
    const address = temp.join('c.sock')
    const configPath = temp.join('config.toml')
    await writeFile(configPath, request.config ?? 'version = 3\n')
    const path = [...pathFirst, ...(shim === 'ours' ? [ownBinDir()] : []), peers.env['PATH']].join(':')
    const flags = ['--root', root, '--state', state, '--address', address]
    return {
      root,
      state,
      address,
      form: request.ctrForm ?? form,
      env: { ...peers.env, ...request.env, PATH: path },
      program: own.program,
      args: [...own.args, ...flags, '--config', configPath, '--log-level', logLevel],
    }
  })
}
