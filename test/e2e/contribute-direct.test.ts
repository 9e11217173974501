/*
 * A machine that can be reached: the gateway dials it, shows it a secret, and nobody else is served there.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type ContributorsPlace,
  freePort,
  openContributorsPlace,
} from '../support/contributors-place.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'

let engine: EngineProcess
let place: ContributorsPlace
const eachTestMs = 180_000

beforeAll(async () => {
  engine = await startEngine()
  place = await openContributorsPlace(engine.url)
}, eachTestMs)

afterAll(async () => {
  await place?.close()
  await engine?.stop()
})

const request = (account: string) => ({
  model: 'vouch-mini',
  messages: [{ role: 'user' as const, content: 'What is a receipt?' }],
  routing: { only: [account] },
  max_tokens: 60,
})

test(
  'a gateway dials the address that it was told, with a secret that others do not have',
  async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const reach = ['--public-url', url, '--listen', `127.0.0.1:${port}`]
    const machine = await place.addMachine('reachable', ...reach)
    const agent = await machine.start()
    expect(agent.events.map(({ event }) => event)).toContain('listening')
    expect(agent.events.map(({ event }) => event)).not.toContain('connected')
    const { data, response } = await place.client.chat.completions
      .create(request(machine.account))
      .withResponse()
    expect(data.choices[0]?.message.content).toMatch(/receipt/i)
    const { receipt } = await place.receiptOf(response.headers.get('x-vouch-receipt') ?? '')
    expect(receipt.tiers).toBe(7)
    expect(receipt.work.contributor).toBe(machine.account)

    const secret = readFileSync(join(machine.folder, 'door.secret'), 'utf8').trim()
    const status = async (authorization: string): Promise<number> =>
      (await fetch(`${url}/v1/models`, { headers: { authorization } })).status
    expect(await status(`Bearer ${secret}`)).toBe(200)
    expect(await status('Bearer a-guess-of-sixteen')).toBe(401)
    expect(agent.events.map((event) => JSON.stringify(event)).join()).not.toContain(secret)
    expect(await agent.interrupt()).toBe(0)
    await expect(fetch(`${url}/v1/models`)).rejects.toThrow()
  },
  eachTestMs,
)

test(
  'a place that is taken and a certificate that is none are told in a line',
  async () => {
    const machine = await place.addMachine('unlucky')
    const taken = new URL(engine.url).port
    const reach = ['--public-url', 'http://127.0.0.1:9', '--listen', `127.0.0.1:${taken}`]
    const start = async (...options: readonly string[]): Promise<string> => {
      const unlucky = await place.addMachine(`unlucky-${options.length}`, ...reach, ...options)
      return unlucky.start().then(
        () => 'it started',
        (error: Error) => error.message,
      )
    }
    expect(await start()).toMatch(/cannot listen on 127\.0\.0\.1 port \d+ \(EADDRINUSE\)/)
    const notPem = join(machine.folder, 'not.pem')
    writeFileSync(notPem, 'no certificate')
    expect(await start('--tls-cert', notPem, '--tls-key', notPem)).toMatch(/PEM files/)
  },
  eachTestMs,
)
