#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { runShim } from '@containerd-ts/shim'
import { runcShim } from './definition.ts'

void runShim(runcShim).then((status) => process.exit(status))
