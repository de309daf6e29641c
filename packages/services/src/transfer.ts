// SPDX-License-Identifier: Apache-2.0
import type { ServiceImpl } from '@connectrpc/connect'
import type { Transfer } from '@containerd-ts/api/services/transfer/v1/transfer_pb'
import type { StreamManager, Transferrer } from '@containerd-ts/core'
import { namespaceOf, optionsOf } from './call.ts'
import { required } from './required.ts'
import { fromTransferEnd } from './transfer-ends.ts'
import { ProgressSender } from './transfer-progress.ts'

export interface TransferServiceOptions {
  readonly transferrer: Transferrer
  readonly streams: StreamManager
}

/** containerd.services.transfer.v1.Transfer */
export function transferService({ transferrer, streams }: TransferServiceOptions): ServiceImpl<typeof Transfer> {
  return {
    async transfer(request, context) {
      const namespace = namespaceOf(context)
      const options = optionsOf(context)
      await using owned = new AsyncDisposableStack()
      const stream = (id: string) => streams.get(namespace, id)
      const source = await fromTransferEnd(required(request.source, 'source'), { stream, owned, options })
      const destination = await fromTransferEnd(required(request.destination, 'destination'), {
        stream,
        owned,
        options,
      })
      const progressId = request.options?.progressStream ?? ''
      const progress = progressId === '' ? undefined : new ProgressSender(stream(progressId), context.signal)
      if (progress !== undefined) owned.use(progress)
      await transferrer.transfer(namespace, source, destination, { ...options, onProgress: progress?.report })
      return {}
    },
  }
}
