// SPDX-License-Identifier: Apache-2.0
import { native } from '@containerd-ts/native-sys'

/** Tells systemd where start-up and shutdown are; nothing happens outside a unit of Type=notify. */
export const notifyInit = (state: 'READY=1' | 'STOPPING=1'): void => void native.sdNotify(state)
