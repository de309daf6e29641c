// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path'
import type { ImageStoreEnd, RegistryEnd } from '@containerd-ts/core'
import { credentialsOf, stderrLog, wantsHttpLog } from '../cli/registry-flags.ts'
import type { RegistryFlags } from '../cli/registry-flags.ts'

/** A registry as the daemon is to reach it. Asks for a password where one is missing. */
export async function registryEnd(reference: string, flags: RegistryFlags): Promise<RegistryEnd> {
  const credentials = await credentialsOf(flags)
  const hostsDir = flags['hosts-dir']
  return {
    kind: 'registry',
    reference,
    access: {
      ...(hostsDir === undefined ? {} : { hostDir: resolve(hostsDir) }),
      ...(flags['plain-http'] ? { defaultScheme: 'http' } : {}),
      ...(credentials === undefined ? {} : { credentials: () => Promise.resolve(credentials) }),
      ...(wantsHttpLog(flags) ? { httpLog: stderrLog } : {}),
    },
  }
}

/** The daemon's images, with nothing asked of them but what is given. */
export const imagesEnd = (end: Partial<Omit<ImageStoreEnd, 'kind'>>): ImageStoreEnd => ({
  kind: 'image-store',
  name: '',
  labels: {},
  platforms: [],
  allMetadata: false,
  manifestLimit: 0,
  extraReferences: [],
  unpacks: [],
  ...end,
})
