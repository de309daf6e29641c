// SPDX-License-Identifier: Apache-2.0

export interface Example {
  /** Runs in CI; an example marked `no-run` needs root or a daemon and is only compiled. */
  readonly runs: boolean
  readonly code: string
}

/** The blocks fenced as ```ts in a Markdown text, in order. */
export function examples(markdown: string): readonly Example[] {
  return [...markdown.matchAll(/^```ts([^\n]*)\n(.*?)^```$/gms)].map(([, info = '', code = '']) => ({
    runs: !info.includes('no-run'),
    code,
  }))
}
