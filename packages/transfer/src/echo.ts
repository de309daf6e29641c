// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, ExportStreamEnd, ImportStreamEnd } from '@containerd-ts/core'

/** Byte stream to byte stream, for clients that try their streams out. */
export async function echo(from: ImportStreamEnd, to: ExportStreamEnd, options: CallOptions): Promise<void> {
  for await (const chunk of from.bytes) await to.sink.write(chunk, { signal: options.signal })
}
