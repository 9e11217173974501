/*
 * What `vouch channel open` does not believe: a gateway that lies about where a deposit goes would otherwise get the
 * payer's signature over its money. On a real chain; the gateway is a few lines that say what the test wants.
 */
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { sendCall } from '../../src/chain/transactions.ts'
import { devContractHandles } from '../../src/dev/dev-contracts.ts'
import { zeroBytes32 } from '../../src/domain/units.ts'
import { openGasAccount } from '../support/deposits.ts'
import { expectOk, startDevChain, type TestDevChain } from '../support/dev-chain.ts'
import { runVouch } from '../support/dev-process.ts'

let running: TestDevChain
let server: Server
let keyFile: string
let channelFile: string
let offered: (typeof honest)['accepts'][number]
let posts = 0
let honest: ReturnType<typeof termsOf>

beforeAll(async () => {
  running = await startDevChain()
  const { folder, dev } = running
  const payerKey = randomPrivateKey()
  const payer = await openGasAccount(running, payerKey)
  const { asset } = devContractHandles(dev.contracts)
  const args = [payer.address, 20_000_000n]
  expectOk(await sendCall(payer, { contract: asset, functionName: 'mint', args }))
  keyFile = join(folder, 'payer.key')
  channelFile = join(folder, 'channel.json')
  writeFileSync(keyFile, payerKey, { mode: 0o600 })
  honest = termsOf(running)
  server = createServer((incoming, response) => {
    if (incoming.method === 'POST') posts += 1
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...honest, accepts: [offered] }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})

afterAll(async () => {
  server.close()
  await running.stop()
})

function termsOf({ dev }: TestDevChain) {
  const { contracts, addresses, chainId } = dev
  return {
    object: 'vouch.terms',
    gateway: addresses.gatewayOperator,
    receipt_verifier: contracts.receiptVerifier,
    orders_domain: { chainId, verifyingContract: contracts.gatewayRegistry },
    accepts: [
      {
        chain_id: chainId as number,
        settlement: contracts.settlement as string,
        collector: contracts.eip3009Collector as string,
        asset: contracts.asset as string,
        decimals: 6,
        asset_domain: { name: 'Dev USD', version: '1' },
        receiver: addresses.gatewayOperator,
        receiver_authorizer: addresses.gatewayOperator,
        withdraw_delay_min: 3600,
        minimum_deposit: '1000000',
      },
    ],
    models: [],
  }
}

async function open(change: object, options: readonly string[] = ['--deposit', '10']) {
  const [accepted] = honest.accepts
  if (accepted === undefined) throw new Error('no terms')
  offered = { ...accepted, ...change }
  posts = 0
  const { port } = server.address() as AddressInfo
  const finished = await runVouch([
    ...['channel', 'open', '--gateway', `http://127.0.0.1:${port}`],
    ...['--rpc', running.dev.rpcUrl, '--key', keyFile, '--channel', channelFile, '--yes'],
    ...options,
  ])
  return { ...finished, posts }
}

const thief = `0x${'66'.repeat(20)}`
test.each<[string, object, readonly string[], RegExp]>([
  [
    'a collector of its own',
    { collector: thief },
    ['--deposit', '10'],
    /collector is 0x66.*--collector/,
  ],
  [
    'a settlement of its own',
    { settlement: thief },
    ['--deposit', '10'],
    /settlement is 0x66.*--settlement/,
  ],
  ['more decimals than the token has', { decimals: 9 }, ['--deposit', '10'], /9 decimals.*says 6/],
  [
    'another name of the token',
    { asset_domain: { name: 'USD Coin', version: '1' } },
    ['--deposit', '10'],
    /the token says "Dev USD"/,
  ],
  ['another token without code', { asset: thief }, ['--deposit', '10'], /no contract at 0x66/],
  ['another chain', { chain_id: 1 }, ['--deposit', '10'], /serves on chain 1/],
  ['a deposit that the wallet has not', {}, ['--deposit', '21'], /has only 20\.00 Dev USD/],
  ['a deposit below its minimum', {}, ['--deposit', '0.5'], /takes 1\.00 Dev USD and more/],
  [
    'a shorter delay than it takes',
    {},
    ['--deposit', '10', '--withdraw-delay', '900'],
    /3600 s or more/,
  ],
  [
    'a collector that the payer named, without code',
    { collector: thief },
    ['--deposit', '10', '--collector', thief],
    /no contract at 0x66/,
  ],
  [
    'a settlement that is no address',
    { settlement: zeroBytes32 },
    ['--deposit', '10'],
    /not answered as a Vouch gateway does: accepts\[0\]\.settlement/,
  ],
])('%s: nothing is signed, sent or written', async (_name, change, options, expected) => {
  const { code, output, posts: sent } = await open(change, options)
  expect(output).toMatch(expected)
  expect(code).toBe(1)
  expect(sent).toBe(0)
  expect(existsSync(channelFile)).toBe(false)
})

test('a key that others can read is not used', async () => {
  chmodSync(keyFile, 0o644)
  const { code, output } = await open({})
  chmodSync(keyFile, 0o600)
  expect(output).toContain('chmod 600')
  expect(code).toBe(1)
})

test('without --yes and without a person nothing is done', async () => {
  const { port } = server.address() as AddressInfo
  const { code, output } = await runVouch([
    ...['channel', 'open', '--gateway', `http://127.0.0.1:${port}`, '--deposit', '10'],
    ...['--rpc', running.dev.rpcUrl, '--key', keyFile, '--channel', channelFile],
  ])
  expect(output).toContain('add --yes')
  expect(code).toBe(2)
  expect(existsSync(channelFile)).toBe(false)
})
