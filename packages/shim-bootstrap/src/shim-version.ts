// SPDX-License-Identifier: Apache-2.0
import { encodeOptions, encodeParams, type StartParams } from './params.ts'

/** Which stdin a shim's `start` understands; `unknown` means try the new one first. */
export type InputForm = 'params' | 'options' | 'unknown'

/**
 * Which input a shim takes, from what it prints for `-v`: those of containerd before 2.3 take the options alone. A
 * shim of another maker prints its own version, or nothing, and stays unknown.
 */
export function inputFormOf(binaryName: string, versionOutput: string): InputForm {
  if (/shim-(?:runc-v1|runhcs-v1)/.test(binaryName)) return 'options'
  const version = /^\s*Version:\s*v?(\d+)\.(\d+)/m.exec(versionOutput)
  if (version === null || !binaryName.endsWith('shim-runc-v2')) return 'unknown'
  const [major, minor] = [Number(version[1]), Number(version[2])]
  return major > 2 || (major === 2 && minor >= 3) ? 'params' : 'options'
}

export const encodeStartInput = (params: StartParams, form: 'params' | 'options'): Uint8Array =>
  form === 'params' ? encodeParams(params) : encodeOptions(params.options)
