// SPDX-License-Identifier: Apache-2.0
/** Token scope for one repository. */
export const repositoryScope = (repository: string, push: boolean): string =>
  `repository:${repository}:pull${push ? ',push' : ''}`

/** Union of wanted scopes and those of a challenge, sorted, each once. */
export const joinScopes = (wanted: readonly string[], challenged = ''): readonly string[] =>
  [...new Set([...wanted, ...challenged.split(' ').filter((scope) => scope !== '')])].toSorted()
