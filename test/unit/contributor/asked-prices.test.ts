import { expect, test } from 'vitest'
import type { AgentModel } from '../../../src/contributor/agent-terms.ts'
import { AskedPrices } from '../../../src/contributor/asked-prices.ts'
import { atomic, zeroBytes32 } from '../../../src/domain/units.ts'

const prices = (prompt: bigint, completion: bigint) => ({
  promptAtomicPerMtok: atomic(prompt),
  cachedPromptAtomicPerMtok: atomic(prompt),
  completionAtomicPerMtok: atomic(completion),
})
const model: AgentModel = {
  id: 'm',
  modelId: zeroBytes32,
  asks: {
    floor: prices(100n, 400n),
    points: [
      { load: 0, multiplier: 1 },
      { load: 1, multiplier: 2 },
    ],
  },
}
const load = (running: number, waiting = 0) => ({ running, waiting, slots: 2 })

test('the ask rises with who runs and who waits', () => {
  const asked = new AskedPrices()
  expect(asked.ask(model, load(0), 0)).toEqual(prices(100n, 400n))
  expect(asked.ask(model, load(1), 0)).toEqual(prices(150n, 600n))
  expect(asked.ask(model, load(2, 2), 0)).toEqual(prices(200n, 800n))
})

test('an ask binds for a minute, and the one of now always', () => {
  const asked = new AskedPrices()
  asked.ask(model, load(0), 1_000)
  const busy = (nowMs: number) => ({ load: load(2), nowMs })
  expect(asked.accepts(model, prices(100n, 400n), busy(61_000))).toBe(true)
  expect(asked.accepts(model, prices(100n, 400n), busy(61_001))).toBe(false)
  expect(asked.accepts(model, prices(200n, 800n), busy(61_001))).toBe(true)
  // It sank meanwhile: nobody need pay what was asked once.
  expect(asked.accepts(model, prices(100n, 400n), { load: load(0), nowMs: 99_000 })).toBe(true)
})

test('one price that is too low is too low, and an ask of another model is none', () => {
  const asked = new AskedPrices()
  asked.ask(model, load(0), 0)
  const now = { load: load(2), nowMs: 0 }
  expect(asked.accepts(model, prices(99n, 9_999n), now)).toBe(false)
  expect(asked.accepts(model, prices(9_999n, 399n), now)).toBe(false)
  expect(asked.accepts({ ...model, id: 'other' }, prices(100n, 400n), now)).toBe(false)
})

test('whoever asks all the time makes us keep no more', () => {
  const asked = new AskedPrices()
  for (let asks = 0; asks < 1_000; asks += 1) asked.ask(model, load(asks % 3), 0)
  let looks = 0
  const tooLow = {
    ...prices(0n, 0n),
    get promptAtomicPerMtok() {
      looks += 1
      return atomic(0n)
    },
  }
  expect(asked.accepts(model, tooLow, { load: load(0), nowMs: 0 })).toBe(false)
  // Three loads, and the one of now.
  expect(looks).toBe(4)
})

test('what is asked again binds from then on', () => {
  const asked = new AskedPrices()
  asked.ask(model, load(0), 0)
  asked.ask(model, load(0), 50_000)
  const busy = { load: load(2), nowMs: 110_000 }
  expect(asked.accepts(model, prices(100n, 400n), busy)).toBe(true)
})
