// SPDX-License-Identifier: Apache-2.0
import { packMessage } from '@containerd-ts/api'
import { OptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import type { TypedAny } from '@containerd-ts/core'

/** Runtime name of the runc shim. */
export const runcRuntime = 'io.containerd.runc.v2'

export interface RuncOptions {
  readonly binaryName?: string | undefined
  readonly root?: string | undefined
  readonly systemdCgroup?: boolean | undefined
}

/** Options of the runc shim, for a container's record. */
export function runcOptions({ binaryName = '', root = '', systemdCgroup = false }: RuncOptions = {}): TypedAny {
  const { typeUrl, value } = packMessage(OptionsSchema, { binaryName, root, systemdCgroup })
  return { typeUrl, value }
}

/** Options of any other shim: the path of its configuration file. */
export async function configPathOptions(configPath: string): Promise<TypedAny> {
  const schema = await import('@containerd-ts/api/types/runtimeoptions/v1/api_pb')
  const { typeUrl, value } = packMessage(schema.OptionsSchema, { configPath })
  return { typeUrl, value }
}
