import { describe, expect, test } from 'vitest'
import { InFlight } from '../../../src/gateway/in-flight.ts'

describe('InFlight', () => {
  test('an empty one closes at once, and lets nobody in', async () => {
    const inFlight = new InFlight()
    await inFlight.close()
    expect(inFlight.open).toBe(false)
    expect(inFlight.enter()).toBeUndefined()
  })

  test('closing waits for the last one that is in', async () => {
    const inFlight = new InFlight()
    const leave = [inFlight.enter(), inFlight.enter()]
    expect(inFlight.count).toBe(2)
    let empty = false
    const closed = inFlight.close().then(() => {
      empty = true
    })
    leave[0]?.()
    await Promise.resolve()
    expect(empty).toBe(false)
    leave[1]?.()
    await closed
    expect(inFlight.count).toBe(0)
  })
})
