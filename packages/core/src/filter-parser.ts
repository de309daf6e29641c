// SPDX-License-Identifier: Apache-2.0
import type { FieldLookup, Filter } from './filter.ts'
import { compileRe2 } from './filter-regexp.ts'
import { FilterScanner } from './filter-scanner.ts'

type Operator = 'present' | '==' | '!=' | '~='

interface Selector {
  readonly path: readonly string[]
  readonly test: (value: string | undefined) => boolean
}

/**
 * Parses one filter: selectors joined by `,`, all of which must hold. A selector is a field path alone (the field is
 * there) or with `==`, `!=` or `~=` and a value; `!=` and `~=` take an absent field for an empty one. A `~=` whose
 * expression is invalid never matches. An empty text matches everything.
 * @throws {InvalidArgumentError} showing the place and the reason
 */
export function parseFilter(text: string): Filter {
  const selectors = text === '' ? [] : parseSelectors(new FilterScanner(text))
  return {
    text,
    matches: (lookup: FieldLookup) => selectors.every(({ path, test }) => test(lookup(path))),
  }
}

/** Parses a request's list of filters, which are alternatives. @throws {InvalidArgumentError} */
export const parseFilters = (texts: readonly string[]): readonly Filter[] => texts.map(parseFilter)

function parseSelectors(scanner: FilterScanner): readonly Selector[] {
  const selectors = [parseSelector(scanner)]
  for (let next = scanner.peek(); next !== ''; next = scanner.peek()) {
    if (next !== ',') scanner.fail(scanner.position, `unexpected input: ${next}`)
    scanner.next('field')
    selectors.push(parseSelector(scanner))
  }
  return selectors
}

function parseSelector(scanner: FilterScanner): Selector {
  const path = joinKey(parseFieldPath(scanner))
  if (scanner.peek() === ',' || scanner.peek() === '') return { path, test: (value) => value !== undefined }
  const operator = parseOperator(scanner)
  const wanted = parseValue(scanner, operator === '~=')
  return { path, test: testFor(operator, wanted) }
}

function parseFieldPath(scanner: FilterScanner): readonly string[] {
  const path = [parseField(scanner)]
  while (scanner.peek() === '.') {
    scanner.next('field')
    path.push(parseField(scanner))
  }
  return path
}

/** Keys of labels and annotations may hold dots: what follows the field is one key. */
const joinKey = ([field = '', ...rest]: readonly string[]): readonly string[] =>
  rest.length > 1 && (field === 'labels' || field === 'annotations') ? [field, rest.join('.')] : [field, ...rest]

function parseField(scanner: FilterScanner): string {
  const token = scanner.next('field')
  if (token.kind === 'field') return token.text
  if (token.kind === 'quoted') return scanner.unquote(token, false)
  return scanner.fail(token.start, 'expected field or quoted')
}

function parseOperator(scanner: FilterScanner): Operator {
  const token = scanner.next('operator')
  if (token.kind !== 'operator') return scanner.fail(token.start, 'expected an operator ("=="|"!="|"~=")')
  if (token.text === '==' || token.text === '!=' || token.text === '~=') return token.text
  return scanner.fail(token.start, `unsupported operator ${JSON.stringify(token.text)}`)
}

function parseValue(scanner: FilterScanner, anyQuote: boolean): string {
  const token = scanner.next('value')
  if (token.kind === 'value') return token.text
  if (token.kind === 'quoted') return scanner.unquote(token, anyQuote)
  return scanner.fail(token.start, 'expected value or quoted')
}

function testFor(operator: Operator, wanted: string): Selector['test'] {
  if (operator === '==') return (value) => value === wanted
  if (operator === '!=') return (value) => (value ?? '') !== wanted
  const expression = compileRe2(wanted)
  return (value) => expression?.test(value ?? '') ?? false
}
