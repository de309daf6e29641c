// SPDX-License-Identifier: Apache-2.0
// Serves the conformance service on the listening socket of that number, until it is killed; runs on either runtime.
import { TtrpcServer } from '@containerd-ts/ttrpc'
import { echoHandlers, echoService } from '../../conformance/src/ttrpc-echo.ts'

const fd = Number(process.argv[2])
await new TtrpcServer().register(echoService, echoHandlers).listen({ fd })
process.stdout.write('listening\n')
