/*
 * verifiedFetch in a page of another origin than the gateway's, in a real Chromium, with the openai client as an app bundles
 * it, against a whole `vouch serve` on its chain.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChromium, type TestBrowser } from '../support/chromium.ts'
import {
  openServingPlace,
  type ServingGateway,
  type ServingPlace,
} from '../support/serving-place.ts'

type Asked = {
  readonly text: string
  readonly reports: readonly { readonly verified: boolean; readonly held: number }[]
  readonly error?: string
  readonly message?: string
  readonly against?: readonly string[]
}

let browser: TestBrowser
let place: ServingPlace
let serving: ServingGateway
let apiKey: string
const apps: { readonly server: Server; readonly origin: string }[] = []

beforeAll(async () => {
  browser = await startChromium()
  place = await openServingPlace()
  const script = await bundleApp()
  apps.push(await serveApp(script), await serveApp(script))
  const config = readFileSync(place.configPath, 'utf8')
  const listening = `listen:\n  browserOrigins: ['${apps[0]?.origin}']\n`
  writeFileSync(place.configPath, config.replace('listen:\n', listening))
  serving = await place.start()
  expect(await place.signTranche(1_000_000n)).toBe(200)
  apiKey = await place.createApiKey()
})
afterAll(async () => {
  await browser?.close()
  await serving?.interrupt()
  for (const { server } of apps) server.close()
  await place?.remove()
})

async function bundleApp(): Promise<string> {
  const built = await rolldown({
    input: join(import.meta.dirname, 'app-page.js'),
    platform: 'browser',
    logLevel: 'silent',
  })
  const { output } = await built.generate({ format: 'es', codeSplitting: false })
  await built.close()
  return output[0].code
}

async function serveApp(script: string): Promise<(typeof apps)[number]> {
  const server = createServer(({ url }, outgoing) => {
    if (url === '/app.js') {
      outgoing.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
      return
    }
    outgoing.writeHead(200, { 'content-type': 'text/html' })
    outgoing.end('<!doctype html><title>app</title><script type="module" src="/app.js"></script>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function ask(page: Page, changes: object = {}, stream = false): Promise<Asked> {
  const { gatewayOperator: gateway } = place.devChain.addresses
  const policy = { gateway, rpcUrl: place.chain().url, ...changes }
  return page.evaluate(
    (asked) => (globalThis as unknown as { ask: (of: object) => Promise<Asked> }).ask(asked),
    { origin: place.origin, apiKey, policy, stream },
  )
}

async function openApp(at: number): Promise<Page> {
  const { page } = await browser.open()
  await page.goto(apps[at]?.origin ?? '')
  await page.waitForLoadState('networkidle')
  return page
}

test.each([false, true])('answers are verified in the page (streamed: %s)', async (stream) => {
  const { text, reports, error, message } = await ask(await openApp(0), {}, stream)
  expect(message).toBeUndefined()
  expect(error).toBeUndefined()
  expect(text).toMatch(/receipt/i)
  expect(reports).toHaveLength(1)
  expect(reports[0]?.verified).toBe(true)
  expect(reports[0]?.held).toBeGreaterThan(25)
})

test('what does not hold throws, with the whole text and no end of it', async () => {
  const elsewhere = { receiptVerifier: { chainId: 1, verifyingContract: `0x${'7'.repeat(40)}` } }
  const { error, against, text } = await ask(await openApp(0), elsewhere, true)
  expect(error).toBe('VerificationError')
  expect(against).toContain('policy-verifier')
  expect(text).toMatch(/receipt/i)
})

test('a page that the operator does not name cannot ask', async () => {
  const { message, reports } = await ask(await openApp(1))
  expect(message).toBe('Connection error.')
  expect(reports).toEqual([])
})
