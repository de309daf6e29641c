// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { examples } from './extract.ts'

describe('examples of a README', () => {
  it('are its ts blocks in order, and tell which of them run', () => {
    const markdown = '# x\n```sh\nls\n```\n\n```ts\na()\n```\ntext\n```ts no-run\nb()\nc()\n```\n'
    expect(examples(markdown)).toEqual([
      { runs: true, code: 'a()\n' },
      { runs: false, code: 'b()\nc()\n' },
    ])
  })

  it('are none where there is no ts block', () => {
    expect(examples('```tsx\nx\n```\n'.replace('tsx', 'json'))).toEqual([])
  })
})
