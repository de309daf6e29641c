// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { fromBinary } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { Events } from '@containerd-ts/api/services/events/v1/events_pb'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { createUnixTransport, createClient, scopeHeaders } from '@containerd-ts/rpc'
import { effectiveConfig, grpcAddress } from '../effective-config.ts'
import type { Flags } from '../flags.ts'

const timeoutMs = 5000

/** Publishes the Any on standard input; what shims of old call when they cannot reach the ttrpc socket. */
export async function publish(flags: Flags): Promise<void> {
  if (flags.topic === undefined || flags.topic === '') throw new InvalidArgumentError('topic required to publish event')
  const event = fromBinary(AnySchema, readFileSync(0))
  const { config } = await effectiveConfig(flags)
  await using transport = createUnixTransport({ address: grpcAddress(config) })
  const headers = scopeHeaders({ namespace: flags.namespace })
  await createClient(Events, transport).publish({ topic: flags.topic, event }, { headers, timeoutMs })
}
