// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { codeOf, Code, describe as describeError } from '@containerd-ts/errdefs'
import { tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { explainFailure, RuntimeExitError, saysDoesNotExist, saysGone } from './runc-error.ts'

const failure = new RuntimeExitError('runc', 1, 'captured\n')

describe('the reason of a failed runtime call', () => {
  it('is the last error of its log, whatever came after', async () => {
    await using temp = await tempRoot('runc-')
    const log = temp.join('log.json')
    const lines = [
      { level: 'error', msg: 'older' },
      { level: 'error', msg: ' the reason \n' },
      { level: 'warning', msg: 'later' },
    ]
    await writeFile(log, lines.map((line) => JSON.stringify(line)).join('\n'))
    const error = await explainFailure('OCI runtime create failed', failure, log)
    expect(describeError(error)).toBe('OCI runtime create failed: the reason')
    expect(codeOf(error)).toBe(Code.Unknown)
  })

  it('is what the process said where the log has no error', async () => {
    await using temp = await tempRoot('runc-')
    await writeFile(temp.join('log.json'), `${JSON.stringify({ level: 'info', msg: 'x' })}\n`)
    const error = await explainFailure('OCI runtime start failed', failure, temp.join('log.json'))
    expect(describeError(error)).toBe(
      'OCI runtime start failed: runc did not terminate successfully: exit status 1: captured',
    )
  })

  it('says that the log could not be read, or understood', async () => {
    await using temp = await tempRoot('runc-')
    const missing = await explainFailure('p', failure, temp.join('none'))
    expect(missing.message).toMatch(/^p: unable to retrieve OCI runtime error \(ENOENT.*\): runc did not terminate/)
    await writeFile(temp.join('broken'), 'not json')
    const broken = await explainFailure('p', failure, temp.join('broken'))
    expect(broken.message).toContain('unable to retrieve OCI runtime error')
  })
})

describe('what a runtime says of things that are gone', () => {
  it.each(['os: process already finished', 'container not running', 'No Such Process'])(
    'takes "%s" for gone',
    (text) => {
      expect(saysGone(new RuntimeExitError('runc', 1, text))).toBe(true)
    },
  )

  it('tells a missing container from other failures', () => {
    expect(saysDoesNotExist(new RuntimeExitError('runc', 1, 'container does not exist'))).toBe(true)
    expect(saysDoesNotExist(failure)).toBe(false)
    expect(saysGone(failure)).toBe(false)
  })
})
