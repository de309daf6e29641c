// SPDX-License-Identifier: Apache-2.0
import type { CommandResult, TestDaemon } from '@containerd-ts/testkit'
import { expect } from 'vitest'

/** Text of one daemon's own that stands for the same thing in the other's. */
export type Words = Readonly<Record<string, string>>

/**
 * Runs each command line with Go's ctr against both daemons and expects the same words and the same exit status.
 * @param order in turn where both write to one place
 */
export async function expectSameWords(
  [ours, go]: readonly [TestDaemon, TestDaemon],
  script: readonly (readonly string[])[],
  words: Words = {},
  order: 'together' | 'in turn' = 'together',
): Promise<void> {
  const run = async (daemon: TestDaemon): Promise<readonly string[]> => {
    const said: string[] = []
    for (const args of script) said.push(shown(args, await daemon.ctrWith({ timeoutMs: 30_000 }, ...args), words))
    return said
  }
  const [mine, theirs] =
    order === 'together' ? await Promise.all([run(ours), run(go)]) : [await run(ours), await run(go)]
  expect(mine).toEqual(theirs)
}

/** The Go client's progress bars are redrawn as often as time allows: not a property of the daemon. */
const progress = /^(elapsed:|(layer|config|manifest|index)-sha256:|\S+: +(resolving|resolved|fetching|waiting|done))/

function shown(args: readonly string[], { exitCode, stdout, stderr }: CommandResult, words: Words): string {
  const lines = `${stdout}${stderr}`.split('\n').filter((line) => !line.includes('\x1b[') && !progress.test(line))
  let text = lines.map((line) => sorted(line.trimEnd())).join('\n')
  for (const [word, name] of Object.entries(words)) text = text.replaceAll(word, name)
  for (const [pattern, name] of volatile) text = text.replaceAll(pattern, name)
  return `$ ctr ${args.join(' ')}\n${text}=> ${exitCode}`
}

const volatile: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000 UTC)/g, 'TIME'],
  [/(Less than a second|About a minute|\d+ seconds?)/g, 'AGE'],
  [/(done: )[\d.]+m?s/g, '$1SPAN'],
  [/^(\S+ +)\d+( +(?:RUNNING|STOPPED|PAUSED|CREATED))/gm, '$1PID$2'],
  [/\b(ours|theirs)-\d+\b/g, 'NAMESPACE'],
  [/^\d+( +-)$/gm, 'PID$1'],
  [/\/run\/containerd\/fifo\/\d+/g, '/run/containerd/fifo/N'],
  [/\/snapshots\/\d+/g, '/snapshots/N'],
  [/\/tmp\/ctd-\w+/g, 'DIR'],
  [/[ \t]+/g, ' '],
]

/** Labels and words joined by commas come in the order of a Go map. */
const sorted = (line: string): string =>
  line.replaceAll(/[^\s,"]+=[^\s"]*(,[^\s,"]+=[^\s"]*)+/g, (labels) =>
    labels
      .split(/,(?=[^,=]+=)/)
      .toSorted()
      .join(','),
  )
