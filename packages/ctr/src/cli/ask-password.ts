// SPDX-License-Identifier: Apache-2.0
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { writeText } from '../output/write-bytes.ts'

/** Asks on the terminal, without showing what is typed. */
export async function askPassword(): Promise<string> {
  writeText(2, 'Password: ')
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: process.stdin.isTTY })
  try {
    return await prompt.question('')
  } finally {
    prompt.close()
    writeText(2, '\n')
  }
}
