import { describe, expect, test } from 'vitest'
import { Cancellation } from '../../../src/base/cancellation.ts'

describe('Cancellation', () => {
  test('calls its listener once, however often it is cancelled', () => {
    const cancellation = new Cancellation()
    let calls = 0
    cancellation.onCancel(() => {
      calls += 1
    })
    expect(cancellation.cancelled).toBe(false)
    cancellation.cancel()
    cancellation.cancel()
    expect(cancellation.cancelled).toBe(true)
    expect(calls).toBe(1)
  })

  test('a listener that comes late is called at once', () => {
    const cancellation = new Cancellation()
    cancellation.cancel()
    let called = false
    cancellation.onCancel(() => {
      called = true
    })
    expect(called).toBe(true)
  })

  test('the newest listener takes the place of the one before', () => {
    const cancellation = new Cancellation()
    const called: string[] = []
    cancellation.onCancel(() => called.push('first'))
    cancellation.onCancel(() => called.push('second'))
    cancellation.cancel()
    expect(called).toEqual(['second'])
  })
})
