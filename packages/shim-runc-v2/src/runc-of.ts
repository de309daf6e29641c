// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { Runc } from '@containerd-ts/runc'

/** Where runc keeps the state of containers when the options name no other place. */
const defaultRoot = '/run/containerd/runc'

export interface RuncOf {
  readonly namespace: string
  readonly bundle: string
  readonly binaryName: string
  readonly root: string
  readonly systemdCgroup?: boolean
}

/** The runtime driver for one container. */
export function runcOf({ namespace, bundle, binaryName, root, systemdCgroup }: RuncOf): Runc {
  return new Runc({
    command: binaryName,
    root: join(root === '' ? defaultRoot : root, namespace),
    log: join(bundle, 'log.json'),
    systemdCgroup,
  })
}
