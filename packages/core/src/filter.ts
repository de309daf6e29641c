// SPDX-License-Identifier: Apache-2.0
/** Looks a field path up in an object: `['labels', 'a.b']` has been joined already. Absent means no such field. */
export type FieldLookup = (path: readonly string[]) => string | undefined

/** A parsed filter. Filters of one list are alternatives: an object passes when any matches, or the list is empty. */
export interface Filter {
  readonly text: string
  matches(lookup: FieldLookup): boolean
}

/** Whether an object passes a list of filters. */
export const matchesAny = (filters: readonly Filter[] | undefined, lookup: FieldLookup): boolean =>
  filters === undefined || filters.length === 0 || filters.some((filter) => filter.matches(lookup))
