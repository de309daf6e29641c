// SPDX-License-Identifier: Apache-2.0
import type { ServiceImpl } from '@connectrpc/connect'
import type { Version } from '@containerd-ts/api/services/version/v1/version_pb'

export interface VersionInfo {
  readonly version: string
  readonly revision: string
}

/** containerd.services.version.v1.Version */
export const versionService = ({ version, revision }: VersionInfo): ServiceImpl<typeof Version> => ({
  version: () => ({ version, revision }),
})
