// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest'
import { median, pairRatios, quantile, summarise } from './statistics.ts'

describe('statistics', () => {
  it('takes the middle of an odd number of samples, and between the two middle ones of an even number', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(median([7])).toBe(7)
  })

  it('has no median of nothing', () => {
    expect(median([])).toBeNaN()
  })

  it('interpolates quantiles and reaches both ends', () => {
    const samples = [10, 20, 30, 40, 50]
    expect(quantile(samples, 0)).toBe(10)
    expect(quantile(samples, 1)).toBe(50)
    expect(quantile(samples, 0.9)).toBeCloseTo(46)
  })

  it('sorts as numbers and leaves the samples as they are', () => {
    const samples = [100, 9, 80]
    expect(median(samples)).toBe(80)
    expect(samples).toEqual([100, 9, 80])
  })

  it('divides pair by pair and leaves out what has no partner', () => {
    expect(pairRatios([2, 9, 5], [1, 3])).toEqual([2, 3])
    expect(pairRatios([], [1])).toEqual([])
  })

  it('is not moved by a load that slows both halves of some pairs', () => {
    const ours = [10, 10, 50, 50, 50]
    const theirs = [20, 20, 100, 100, 100]
    expect(median(pairRatios(ours, theirs))).toBe(0.5)
  })

  it('summarises', () => {
    expect(summarise([3, 1, 2])).toEqual({ count: 3, median: 2, min: 1, max: 3, p90: 2.8 })
  })
})
