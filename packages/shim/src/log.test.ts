// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, readFileSync } from 'node:fs'
import { tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { formatLine, textLogger } from './log.ts'

describe('log lines', () => {
  it('hold time, level, message, and fields by name, quoted where needed', () => {
    const time = new Date('2026-01-02T03:04:05.678Z')
    expect(
      formatLine(time, 'info', 'a b', {
        runtime: 'io.containerd.runc.v2',
        error: new Error('x "y"'),
        absent: undefined,
      }),
    ).toBe(
      'time="2026-01-02T03:04:05.678000000Z" level=info msg="a b" error="x \\"y\\"" runtime=io.containerd.runc.v2\n',
    )
    expect(formatLine(time, 'error', 'word', { n: 3, list: [1] })).toMatch(/level=error msg=word list="\[1\]" n=3\n$/)
  })

  it('debug lines appear only when asked for, and a bad descriptor stops nothing', async () => {
    await using temp = await tempRoot('log-')
    const fd = openSync(temp.join('out'), 'a')
    textLogger(fd, false).debug('hidden')
    textLogger(fd, true, { a: 1 }).child({ b: 2 }).debug('shown')
    closeSync(fd)
    expect(readFileSync(temp.join('out'), 'utf8')).toMatch(/^time=\S+ level=debug msg=shown a=1 b=2\n$/)
    textLogger(9_999, true).error('nobody hears')
  })
})
