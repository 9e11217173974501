/*
 * The page that checks receipts, served by a whole `vouch dev`, in a real Chromium: as a person with a mouse uses it, with
 * keys alone, on a phone, from a file, and against receipts that want to be markup.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startChromium, type TestBrowser } from '../support/chromium.ts'
import { type DevProcess, startDev } from '../support/dev-process.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { documentOf, signReceipt } from '../support/signed-receipt.ts'

const folder = temporaryFolder()
const ownCopy = pathToFileURL(
  resolve(import.meta.dirname, '../../web/dist/vouch-verify.html'),
).toString()
let dev: DevProcess
let browser: TestBrowser
let served: { readonly id: string; readonly text: string; readonly document: string }

beforeAll(async () => {
  browser = await startChromium()
  dev = await startDev(folder.path)
  const { data, response } = await dev.client.chat.completions
    .create({ model: 'vouch-mini', messages: [{ role: 'user', content: 'What is a receipt?' }] })
    .withResponse()
  const id = response.headers.get('x-vouch-receipt') ?? ''
  const document = JSON.stringify(await dev.receipt(id))
  served = { id, text: data.choices[0]?.message.content ?? '', document }
})
afterAll(async () => {
  await browser?.close()
  await dev?.interrupt()
  folder.remove()
})

const verdictOf = async (page: Page): Promise<string | null> => {
  await page.waitForSelector('.conclusion.holds, .conclusion.fails, .conclusion.unproven')
  return page.textContent('#conclusion .word')
}
/** Check names by their verdict, as they are drawn. */
const drawn = (page: Page, verdict: string): Promise<readonly string[]> =>
  page.$$eval(`.line.${verdict} .title code`, (codes) =>
    codes.map((code) => code.textContent ?? ''),
  )

test('the example holds, each line is drawn, and each tier says what it is worth', async () => {
  const { page, faults } = await browser.open()
  await page.goto(`${dev.origin}/verify`)
  expect(await page.textContent('#origin')).toContain('A gateway that lies')
  await page.click('#example')
  expect(await verdictOf(page)).toBe('It holds')
  expect((await drawn(page, 'holds')).length).toBeGreaterThanOrEqual(19)
  expect(await drawn(page, 'fails')).toEqual([])
  expect(await page.textContent('.tier.proven .proves-not')).toMatch(/that a model ran at all/)
  expect(await page.$$eval('.tier.claimed', (all) => all.length)).toBe(0)
  expect(await page.$$eval('.tier', (all) => all.length)).toBe(8)
  // A verdict is of what was checked, not of what was written since.
  await page.fill('#gateway-key', '0x12')
  expect(await page.textContent('#conclusion .word')).toBe('Nothing to check yet')
  expect(faults).toEqual([])
})

test('one letter more, and it does not hold: the line says which', async () => {
  const { page } = await browser.open()
  await page.goto(`${dev.origin}/verify`)
  await page.click('#example')
  await verdictOf(page)
  await page.fill('#content', '2 plus 2 is 5.')
  await page.click('#run')
  await page.waitForSelector('.conclusion.fails')
  expect(await drawn(page, 'fails')).toEqual(['content'])
  expect(await page.$$eval('.tier.proven', (all) => all.length)).toBe(0)
  expect(await page.textContent('#conclusion')).toContain('another hash')
  // Whoever cannot see it hears it: the verdict has the focus and is announced.
  expect(await page.evaluate('document.activeElement.id')).toBe('conclusion')
})

test('a receipt of this gateway, fetched with its key and judged by its chain', async () => {
  const { page, faults } = await browser.open()
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await page.goto(`${dev.origin}/verify#receipt=${served.id}`)
  expect(await page.inputValue('#receipt-id')).toBe(served.id)
  await page.fill('#key', dev.apiKey)
  await page.fill('#rpc', dev.rpcUrl)
  await page.fill('#content', served.text)
  await page.click('#fetch-receipt')
  expect(await verdictOf(page)).toBe('It holds')
  expect(await drawn(page, 'holds')).toEqual(
    expect.arrayContaining(['gateway-key', 'contributor-key', 'verifier-contract', 'verify-call']),
  )
  expect(faults).toEqual([])
  // The key is in no address, and nothing was asked of anybody else.
  expect(asked.join(' ')).not.toContain(dev.apiKey)
  expect(page.url()).not.toContain(dev.apiKey)
  const hosts = new Set(asked.map((url) => new URL(url).origin))
  expect([...hosts].sort()).toEqual([dev.origin, new URL(dev.rpcUrl).origin].sort())
})

test('without anything from elsewhere it is not proven, whatever else holds', async () => {
  const { page } = await browser.open()
  await page.goto(`${dev.origin}/verify`)
  await page.fill('#receipt', served.document)
  await page.click('#run')
  expect(await verdictOf(page)).toBe('Not proven')
  expect(await page.textContent('#conclusion')).toContain('nobody but the receipt says')
})

test('a node that is not there makes nothing hold', async () => {
  const { page } = await browser.open()
  await page.goto(`${dev.origin}/verify`)
  await page.fill('#receipt', served.document)
  await page.fill('#rpc', 'http://127.0.0.1:9')
  await page.click('#run')
  expect(await verdictOf(page)).toBe('Not proven')
})

test('files are dropped, byte for byte', async () => {
  const { page } = await browser.open()
  await page.goto(`${dev.origin}/verify`)
  await page.click('#example')
  await verdictOf(page)
  const crlf = Buffer.from((await page.inputValue('#response')).replaceAll('\n', '\r\n'))
  await page.setInputFiles('#response-file', { name: 'r.bin', mimeType: '', buffer: crlf })
  await page.waitForSelector('#response-note:has-text("r.bin")')
  await page.click('#run')
  await page.waitForSelector('.conclusion.fails')
  expect(await drawn(page, 'fails')).toEqual(['response'])
  expect(await page.textContent('#conclusion')).toContain('only the line ends differ')
})

describe('what a receipt says is text', () => {
  test('markup in it is shown, not run', async () => {
    const { page, faults } = await browser.open()
    await page.goto(`${dev.origin}/verify`)
    const sly = '<img src=x onerror="document.title=1">'
    const document = JSON.stringify(documentOf(signReceipt())).replace(
      '"Vouch Receipts"',
      JSON.stringify(sly),
    )
    await page.fill('#receipt', document)
    await page.click('#run')
    expect(await verdictOf(page)).toBe('It does not hold')
    expect(await page.textContent('#lines')).toContain('onerror=')
    expect(await page.$$('#lines img')).toEqual([])
    expect(await page.title()).not.toBe('1')
    expect(faults).toEqual([])
  })

  test('what is none is told, path by path', async () => {
    const { page } = await browser.open()
    await page.goto(`${dev.origin}/verify`)
    for (const text of ['hello', '{}', '[]', '{"object":"vouch.receipt","object":1}']) {
      await page.fill('#receipt', text)
      await page.click('#run')
      expect(await verdictOf(page)).toBe('It does not hold')
      expect(await drawn(page, 'fails')).toContain('shape')
    }
  })

  test('an address that is none is told at its field, and nothing is drawn', async () => {
    const { page } = await browser.open()
    await page.goto(`${dev.origin}/verify`)
    await page.fill('#receipt', served.document)
    await page.fill('#gateway-key', '0x12')
    await page.click('#run')
    expect(await page.getAttribute('#gateway-key', 'aria-invalid')).toBe('true')
    await page.fill('#gateway-key', '')
    await page.evaluate("document.querySelector('#gateway-url').value = ''")
    await page.check('#log')
    await page.click('#run')
    expect(await page.getAttribute('#fetch', 'open')).toBe('')
    expect(await drawn(page, 'holds')).toEqual([])
  })
})

test('keys alone are enough', async () => {
  const { page } = await browser.open()
  await page.goto(`${dev.origin}/verify`)
  const isAt = (id: string) => page.evaluate<boolean>(`document.activeElement.id === '${id}'`)
  for (let turn = 0; turn < 10 && !(await isAt('example')); turn += 1)
    await page.keyboard.press('Tab')
  expect(await isAt('example')).toBe(true)
  await page.keyboard.press('Enter')
  expect(await verdictOf(page)).toBe('It holds')
  for (let turn = 0; turn < 40 && !(await isAt('run')); turn += 1) await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  await page.waitForSelector('#conclusion:focus')
})

test('a phone shows it without scrolling sideways, in light and in dark', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await browser.open({ viewport: { width: 360, height: 740 }, colorScheme })
    await page.goto(`${dev.origin}/verify`)
    await page.click('#example')
    await verdictOf(page)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
    const [ink, paper] = await page.evaluate<readonly string[]>(
      '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]',
    )
    expect(luminance(ink) < luminance(paper)).toBe(colorScheme === 'light')
  }
})

const luminance = (color: string | undefined): number =>
  (color?.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)

test('every field has a name for whoever cannot see it', async () => {
  const { page } = await browser.open()
  await page.goto(`${dev.origin}/verify`)
  const nameless =
    await page.evaluate(`[...document.querySelectorAll('input, textarea, select, button')]
    .filter((field) => !field.labels?.length && !field.ariaLabel && !field.textContent.trim())
    .map((field) => field.id)`)
  expect(nameless).toEqual([])
})

describe('a copy of one’s own', () => {
  test('the gateway serves the one of the source code', async () => {
    const copy = await fetch(`${dev.origin}/verify/vouch-verify.html`)
    const own = readFileSync(new URL(ownCopy), 'utf8')
    expect(await copy.text()).toBe(own)
  })

  test('it checks from a file, offline, and by a node', async () => {
    const { page, faults } = await browser.open()
    await page.goto(ownCopy)
    expect(await page.textContent('#origin')).toContain('your own copy')
    await page.fill('#receipt', served.document)
    await page.fill('#rpc', dev.rpcUrl)
    await page.click('#run')
    expect(await verdictOf(page)).toBe('It holds')
    expect(faults).toEqual([])
  })

  test('nothing but its own program runs in it', async () => {
    const { page, faults } = await browser.open()
    await page.goto(ownCopy)
    const added = page.addScriptTag({ content: 'document.title = "changed"' })
    await expect(added).rejects.toThrow()
    expect(await page.title()).not.toBe('changed')
    expect(faults.join()).toContain('Content Security Policy')
  })
})
