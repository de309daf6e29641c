// SPDX-License-Identifier: Apache-2.0
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { InternalError, ResourceExhaustedError, UnimplementedError } from '@containerd-ts/errdefs'
import type { Frame } from './frames.ts'

const inflate = promisify(gunzip)

/** Encodings of messages that we read. Ours are never compressed: both ends are on one machine. */
export const acceptedEncodings = 'gzip'

/** @throws {UnimplementedError} the peer announces an encoding that we do not read */
export function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding === 'identity' || encoding === 'gzip') return
  throw new UnimplementedError(`decompressor is not installed for grpc-encoding "${encoding}"`)
}

/** The message in the frame; undefined stands for one that is to be inflated. */
export function plainMessage(frame: Frame): Uint8Array | undefined {
  return frame.compressed ? undefined : frame.data
}

/**
 * Inflates a compressed frame, up to the limit.
 *
 * @throws {InternalError} no encoding was announced, or the bytes are no gzip
 * @throws {ResourceExhaustedError} what comes out is over the limit
 */
export async function inflateMessage(
  frame: Frame,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Uint8Array> {
  if (encoding !== 'gzip')
    throw new InternalError('protocol error: compressed flag set with identity or empty encoding')
  try {
    return await inflate(frame.data, { maxOutputLength: Math.max(maxBytes, 1) })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ResourceExhaustedError(`received message after decompression larger than max ${maxBytes}`)
    }
    throw new InternalError('decompress message', { cause })
  }
}
