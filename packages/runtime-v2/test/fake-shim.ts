// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, toBinary } from '@bufbuild/protobuf'
import { toTimestamp } from '@containerd-ts/api'
import { DeleteResponseSchema } from '@containerd-ts/api/runtime/task/v3/shim_pb'
import type { EventPublisher, Namespace, TaskEvent } from '@containerd-ts/core'

export const NS = 'test' as Namespace

const script = `#!/bin/sh
dir=$(dirname "$0")
for action; do :; done
cat > "$dir/$action.in"
printf '%s\\n' "$@" > "$dir/$action.args"
env > "$dir/$action.env"
pwd > "$dir/$action.cwd"
echo "$action" >> "$dir/calls"
[ ! -f "$dir/$action.sh" ] || . "$dir/$action.sh"
[ ! -f "$dir/$action.out" ] || cat "$dir/$action.out"
`

/** A shim executable that notes how it is called and answers what the test wants. */
export class FakeShim implements AsyncDisposable {
  readonly dir: string
  readonly path: string

  private constructor(dir: string, name: string) {
    this.dir = dir
    this.path = join(dir, name)
  }

  static async make(name = 'containerd-shim-fake-v1'): Promise<FakeShim> {
    const shim = new FakeShim(await mkdtemp(join(tmpdir(), 'fake-')), name)
    await writeFile(shim.path, script)
    await chmod(shim.path, 0o755)
    await shim.answer('delete', deleteAnswer(42, 137))
    return shim
  }

  /** What an action prints to stdout. */
  async answer(action: string, output: string | Uint8Array): Promise<void> {
    await writeFile(join(this.dir, `${action}.out`), output)
  }

  /** Shell that an action runs before it prints. */
  async run(action: string, shell: string): Promise<void> {
    await writeFile(join(this.dir, `${action}.sh`), shell)
  }

  /** What an action saw: `args`, `env`, `cwd` or `in`. */
  async seen(action: string, what: string): Promise<Buffer> {
    return await readFile(join(this.dir, `${action}.${what}`))
  }

  async calls(): Promise<string[]> {
    const text = await readFile(join(this.dir, 'calls'), 'utf8').catch(() => '')
    return text.trim().split('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.dir, { recursive: true })
  }
}

export const deleteAnswer = (pid: number, exitStatus: number): Uint8Array =>
  toBinary(
    DeleteResponseSchema,
    create(DeleteResponseSchema, { pid, exitStatus, exitedAt: toTimestamp(new Date(1000)) }),
  )

/** Keeps what is published. */
export class EventList implements EventPublisher {
  readonly seen: TaskEvent[] = []
  publish(_namespace: Namespace, event: Parameters<EventPublisher['publish']>[1]): Promise<void> {
    this.seen.push(event as TaskEvent)
    return Promise.resolve()
  }
  get topics(): string[] {
    return this.seen.map(({ topic }) => topic)
  }
}
