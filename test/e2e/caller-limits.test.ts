/*
 * Limits of a vouch.yaml, in a real `vouch serve` with a data folder: what a day has cost is known after a kill, and other
 * limits are in force at once when the file says so.
 */
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askPath } from '../support/ask.ts'
import { type ServeProcess, startServe } from '../support/dev-process.ts'
import { answerWell } from '../support/scripted-upstream.ts'
import { openServeConfig, type ServeConfig } from '../support/serve-config.ts'

let place: ServeConfig
let path: string
let serving: ServeProcess
let apiKey: string

// At 0.5 and 2 dollars a million tokens: held for 18 tokens of prompt and 100 of answer.
const heldMicroUsd = 209
const limits = (text: string) => `limits:\n  key:\n    ${text}\n`

beforeAll(async () => {
  place = await openServeConfig()
  path = place.yaml((text) => text + limits(`spendPerDay: "0.000${heldMicroUsd + 30}"`))
  serving = await startServe(path)
  apiKey = await place.openAccount(serving)
})
afterAll(async () => {
  await serving.interrupt()
  await place.close()
})

const ask = () =>
  askPath({ origin: serving.origin, apiKey }, '/v1/chat/completions', {
    model: 'public-name',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'hi' }],
  })

async function dayLeft(): Promise<unknown> {
  const headers = { authorization: `Bearer ${apiKey}` }
  const answer = await fetch(`${serving.origin}/v1/key`, { headers })
  const { limits: told } = (await answer.json()) as {
    limits: { key: { spend_per_day: { remaining: string } } }
  }
  return told.key.spend_per_day.remaining
}

test('a day’s spending outlives the gateway that counted it, also one that was killed', async () => {
  const statuses: number[] = []
  // Each costs 9 (5 tokens of prompt, 3 of answer, rounded up): after four, 209 do not fit 239 any more.
  for (let turn = 0; turn < 6; turn += 1) statuses.push((await ask()).status)
  expect(statuses).toEqual([200, 200, 200, 200, 402, 402])
  const left = await dayLeft()
  await serving.kill()
  serving = await startServe(path)
  expect(await dayLeft()).toBe(left)
  const refused = await ask()
  expect(refused.status).toBe(402)
  expect(refused.error).toMatchObject({ code: 'spend_limit_reached' })
  await serving.interrupt()
  serving = await startServe(path)
  expect(await dayLeft()).toBe(left)
})

/** Writes another file in the place of the first and waits until the gateway serves by it. */
async function become(text: string): Promise<void> {
  const before = serving.output().split('"msg":"config_reloaded"').length
  writeFileSync(path, place.text + text)
  await serving.logged('config_reloaded', before)
}

test('other limits are in force when the file says so, with what was counted before', async () => {
  const left = Number(await dayLeft())
  await become(limits('spendPerDay: "1.00"'))
  expect(Number(await dayLeft())).toBeCloseTo(1 - (0.000239 - left), 9)
  expect((await ask()).status).toBe(200)
  await become('')
  const free = await ask()
  expect(free.status).toBe(200)
  expect([...free.headers.keys()].some((name) => name.startsWith('x-ratelimit'))).toBe(false)
  await become(limits('spendPerDay: "1.00"\n    requestsPerMinute: 100'))
  const limited = await ask()
  expect(limited.headers.get('x-ratelimit-limit-requests')).toBe('100')
})

test('what a request claimed of the day comes back when its gateway is killed under it', async () => {
  place.upstream.become(() => {})
  const lost = ask().catch(() => 'lost')
  await place.upstream.nextRequest()
  // The ledger writes in order: with the end of the next answer the hold of the one before is on the disk.
  place.upstream.become(answerWell())
  expect((await ask()).status).toBe(200)
  const left = Number(await dayLeft())
  await serving.kill()
  expect(await lost).toBe('lost')
  serving = await startServe(path)
  expect(Number(await dayLeft())).toBeCloseTo(left + heldMicroUsd / 1e6, 9)
})
