// SPDX-License-Identifier: Apache-2.0
import type { ShimDefinition } from '@containerd-ts/shim'
import { RUNC_GROUP_ANNOTATIONS, shimCgroupOf } from '@containerd-ts/shim-bootstrap'
import { shimVersion } from './version.ts'

const name = 'io.containerd.runc.v2'

/** The runc shim. Every command loads its part when it runs. */
export const runcShim: ShimDefinition = {
  name,
  version: shimVersion,
  groupAnnotations: RUNC_GROUP_ANNOTATIONS,
  shimCgroup: shimCgroupOf,
  async cleanup(request) {
    const { cleanUpContainer } = await import('./cleanup.ts')
    return cleanUpContainer(request)
  },
  async info(options) {
    const { runtimeInfo } = await import('./info.ts')
    return runtimeInfo(name, shimVersion, options)
  },
  async serve(host) {
    const { runcService } = await import('./service.ts')
    return runcService(host)
  },
}
