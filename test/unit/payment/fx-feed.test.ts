import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fxAnswerBytesMax, fxQuotesMax } from '../../../src/base/limits.ts'
import {
  agreementDomain,
  assetIdOf,
  fxQuoteDigest,
  usdAssetId,
} from '../../../src/chain/fx-typed-data.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { addressOfPrivateKey, signDigest } from '../../../src/chain/signatures.ts'
import type { Asset } from '../../../src/domain/exchange.ts'
import { address, bytes32, unixSeconds } from '../../../src/domain/units.ts'
import { FxBoard } from '../../../src/payment/fx-board.ts'
import { type FxFeed, startFxFeed } from '../../../src/payment/fx-feed.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'

const quoter = randomPrivateKey()
const domain = agreementDomain({
  chainId: 1,
  verifyingContract: address(`0x${'a'.repeat(40)}`),
})
const ether: Asset = {
  chainId: 1,
  address: address(`0x${'b'.repeat(40)}`),
  decimals: 18,
  haircutBps: 0,
  rate: { quotedBy: addressOfPrivateKey(quoter) },
}
const nowMs = 1_000_000
const quote = {
  quoteId: bytes32(`0x${'01'.repeat(32)}`),
  assetIn: assetIdOf(ether),
  assetOut: usdAssetId,
  rateE18: 3_000n * 10n ** 18n,
  validBefore: unixSeconds(1_060),
}
const signedWith = (key: typeof quoter, change: Readonly<Record<string, unknown>> = {}) => ({
  ...quote,
  rateE18: String(quote.rateE18),
  signature: signDigest(fxQuoteDigest(domain, quote), key),
  ...change,
})
const good = () => JSON.stringify({ quotes: [signedWith(quoter)] })

let board: FxBoard
let lines: unknown[]
let server: Server
let answer: (response: ServerResponse) => void
let feed: FxFeed | undefined

beforeEach(async () => {
  board = new FxBoard({ domain, assets: [ether], ageMaxS: 60 })
  lines = []
  feed = undefined
  server = createServer((_, response) => answer(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await feed?.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function start(source?: { readonly file: string }): Promise<FxFeed> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  feed = await startFxFeed({
    source: source ?? { url },
    // It is asked when a test says so.
    everyMs: 3_600_000,
    board,
    log: { info: () => {}, error: (event, facts) => lines.push([event, facts]) },
    nowMs: () => nowMs,
  })
  return feed
}

test('has asked once when it has started, and offers what it was told', async () => {
  answer = (response) => response.end(good())
  await start()
  expect(board.quote(ether)).toEqual(quote)
  expect(lines).toEqual([])
})

test('reads a file as well', async () => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'quotes.json')
  writeFileSync(file, good())
  const running = await start({ file })
  expect(board.quote(ether)).toEqual(quote)
  rmSync(file)
  await running.askNow()
  expect(lines).toEqual([
    ['fx_quotes_not_taken', { detail: 'the source of rates does not answer' }],
  ])
  folder.remove()
})

describe('what is wrong is told once, without its contents, and changes nothing', () => {
  const forged = () => signedWith(randomPrivateKey())
  test.each<readonly [string, () => string, string]>([
    ['no JSON', () => 'secret', 'the answer is not a list of signed quotes'],
    ['no list', () => '{"quotes":{}}', 'the answer is not a list of signed quotes'],
    [
      'a rate that is a number',
      () => JSON.stringify({ quotes: [signedWith(quoter, { rateE18: 3000 })] }),
      'the answer is not a list of signed quotes',
    ],
    [
      'a time before the beginning',
      () => JSON.stringify({ quotes: [signedWith(quoter, { validBefore: -1 })] }),
      'the answer is not a list of signed quotes',
    ],
    [
      'too many',
      () => JSON.stringify({ quotes: Array.from({ length: fxQuotesMax + 1 }, forged) }),
      'the answer is not a list of signed quotes',
    ],
    ['too long', () => 'x'.repeat(fxAnswerBytesMax + 1), 'the answer is too long'],
    ['a forged one', () => JSON.stringify({ quotes: [forged()] }), 'signature_invalid'],
    [
      'two kinds of wrong',
      () =>
        JSON.stringify({
          quotes: [forged(), signedWith(quoter, { assetIn: `0x${'ee'.repeat(32)}` })],
        }),
      'signature_invalid, unknown_asset',
    ],
  ])('%s', async (_name, text, detail) => {
    answer = (response) => response.end(text())
    const running = await start()
    await running.askNow()
    expect(lines).toEqual([['fx_quotes_not_taken', { detail }]])
    expect(board.quote(ether)).toBeUndefined()
    answer = (response) => response.end(good())
    await running.askNow()
    expect(board.quote(ether)).toEqual(quote)
  })

  test('a status, a redirect, a connection that breaks', async () => {
    answer = (response) => response.writeHead(500).end(good())
    const running = await start()
    answer = (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
    await running.askNow()
    answer = (response) => response.destroy()
    await running.askNow()
    expect(lines).toEqual([
      ['fx_quotes_not_taken', { detail: 'the source of rates answers 500' }],
      ['fx_quotes_not_taken', { detail: 'the source of rates does not answer' }],
    ])
    expect(board.quote(ether)).toBeUndefined()
  })
})
