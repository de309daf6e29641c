// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { LabelKey, parseDigest } from '@containerd-ts/core'
import { AbortedError, InvalidArgumentError, UnimplementedError } from '@containerd-ts/errdefs'
import { writeBlob } from '@containerd-ts/images'
import { CtrCommand } from '../../cli/ctr-command.ts'

/** Editors change documents, not layers. */
const largestBytes = 64 << 20

export default class ContentEdit extends CtrCommand<{ readonly digest: string }> {
  static override summary = 'edit a blob and store the result'
  static override args = { digest: Args.string({ required: true, description: 'digest of the blob' }) }
  static override flags = {
    validate: Flags.string({ summary: 'validate the result as this media type; not supported' }),
    editor: Flags.string({ summary: 'editor [$EDITOR]', env: 'EDITOR' }),
  }

  override async run(): Promise<{ readonly digest: string }> {
    const { args, flags } = await this.parse(ContentEdit)
    if (flags.validate !== undefined) throw new UnimplementedError('validating the edit result is not supported')
    const editor = flags.editor ?? ''
    if (editor === '') throw new InvalidArgumentError('editor is required')
    await using client = this.connect()
    const { content } = this.namespaceOf(client)
    const options = { signal: this.signal }
    const source = parseDigest(args.digest)
    await using blob = await content.open(source, options)
    if (blob.sizeBytes > largestBytes) throw new InvalidArgumentError(`${source}: too large to edit`)
    const edited = await editBytes(editor, await blob.read(0, blob.sizeBytes))
    const labels = { [LabelKey.gcRoot]: new Date().toISOString() }
    const { digest } = await writeBlob(content, `edit-${source}`, once(edited), { ...options, labels })
    this.printLine(digest)
    return { digest }
  }
}

/** Lets the editor loose on a copy. The editor may be a command line. */
async function editBytes(editor: string, bytes: Uint8Array): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'ctr-edit-'))
  try {
    const file = join(directory, 'content')
    await writeFile(file, bytes)
    const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' })
    const { promise, resolve, reject } = Promise.withResolvers<number | null>()
    child.on('error', reject).on('exit', resolve)
    const status = await promise
    if (status !== 0) throw new AbortedError(`editor ended with status ${status ?? 'of a signal'}`)
    return await readFile(file)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
