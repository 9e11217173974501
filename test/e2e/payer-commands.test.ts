/*
 * A payer's whole way through, with nothing but `vouch` and the unmodified openai SDK: a channel opened, keys with caps, a
 * tranche used up and renewed by the wallet, and the money back on the chain, in the end without the gateway.
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readContract } from '../../src/chain/contracts.ts'
import { devUsdAt } from '../../src/dev/dev-contracts.ts'
import type { ChannelConfig } from '../../src/domain/channel.ts'
import { expectOk } from '../support/dev-chain.ts'
import { type DevProcess, startDev } from '../support/dev-process.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'
import { dollars, type Payer, startPayer } from '../support/payer.ts'

const folder = temporaryFolder()
let dev: DevProcess
let payer: Payer
let client: OpenAI

beforeAll(async () => {
  dev = await startDev(folder.path, ['--quiet'])
  const place = join(folder.path, 'payer')
  mkdirSync(place)
  payer = await startPayer(dev, place, dollars(20))
})

afterAll(async () => {
  await dev?.kill()
  folder.remove()
})

const clientOf = (apiKey: string) => new OpenAI({ baseURL: `${dev.origin}/v1`, apiKey })
const ask = (asking: OpenAI, maxTokens = 6) =>
  asking.chat.completions.create({
    model: 'vouch-mini',
    messages: [{ role: 'user', content: 'What is 12 + 7?' }],
    max_tokens: maxTokens,
  })
const status = async () => {
  const { gateway, chain } = await payer.done('channel', 'status')
  return { gateway, chain } as {
    gateway: Record<string, string | number | boolean | null>
    chain: Record<string, string | number | null>
  }
}

test('open deposits what the payer said, signs the tranche and grants a key that the openai SDK takes', async () => {
  const opened = await payer.done(
    ...['channel', 'open', '--gateway', `${dev.origin}/v1`, '--rpc', dev.rpcUrl],
    ...['--key', payer.keyFile, '--deposit', '10', '--tranche', '0.0006', '--yes'],
    ...['--withdraw-delay', '3600', '--label', 'first'],
  )
  expect(opened).toMatchObject({ balance: '10000000', signed: '600' })
  expect(await payer.holding()).toBe(dollars(10))
  client = clientOf(String(opened['api_key']))
  const answer = await ask(client)
  expect(answer.choices[0]?.message.content).not.toBe('')
  const { gateway, chain } = await status()
  expect(gateway).toMatchObject({
    balance: '10000000',
    signed: '600',
    receipts: 1,
    closing: false,
  })
  expect(chain).toMatchObject({ balance: '10000000', totalClaimed: '0' })
})

test('secrets are readable by their owner alone, and the key stands in no file', () => {
  for (const file of [payer.channelFile, payer.channelFile.replace('.json', '.session.key')]) {
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(readFileSync(file, 'utf8')).not.toContain(client.apiKey)
  }
  const log = readFileSync(join(folder.path, 'gateway.log'), 'utf8')
  for (const secret of [client.apiKey, readFileSync(payer.keyFile, 'utf8').trim()]) {
    expect(log).not.toContain(secret)
  }
})

test('open refuses a channel file that is there, and tops up instead', async () => {
  const again = await payer.vouch('channel', 'open', '--gateway', dev.origin, '--yes')
  expect(again.code).toBe(1)
  expect(again.output).toContain('top-up')
})

test('a key with a cap is granted, spends to its cap, and ends by revocation', async () => {
  const granted = await payer.done('keys', 'create', '--cap', '0.0001', '--label', 'capped')
  const capped = clientOf(String(granted['api_key']))
  let served = 0
  const refusal = await (async () => {
    for (;;) {
      try {
        await ask(capped)
        served += 1
      } catch (error) {
        return error
      }
    }
  })()
  expect(served).toBeGreaterThan(0)
  expect(refusal).toMatchObject({ status: 402, code: 'key_cap_reached' })
  // Another key of the same channel is not held up by it.
  await ask(client)
  const { data } = (await payer.done('keys', 'list')) as {
    data: { id: string; label: string; cap: string; spent: string; revoked: boolean }[]
  }
  const listed = data.find(({ label }) => label === 'capped')
  expect(listed).toMatchObject({ cap: '100', revoked: false })
  expect(Number(listed?.spent)).toBeGreaterThan(0)
  expect(Number(listed?.spent)).toBeLessThanOrEqual(100)
  await payer.done('keys', 'revoke', String(granted['id']))
  await expect(ask(capped)).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' })
})

test('a key for one model may not ask for another', async () => {
  const granted = await payer.done('keys', 'create', '--model', 'another-model')
  await expect(ask(clientOf(String(granted['api_key'])))).rejects.toMatchObject({
    status: 403,
    code: 'model_not_allowed',
  })
})

test('when the tranche is used up the SDK is told 402 at once, the wallet renews it, and the work goes on', async () => {
  let tries = 0
  const counting = new OpenAI({
    baseURL: `${dev.origin}/v1`,
    apiKey: client.apiKey,
    maxRetries: 3,
    fetch: (url, init) => {
      tries += 1
      return fetch(url, init)
    },
  })
  let asked = 0
  const refusal = await (async () => {
    for (;;) {
      asked += 1
      try {
        await ask(counting, 200)
      } catch (error) {
        return error
      }
    }
  })()
  expect(refusal).toMatchObject({ status: 402, code: 'insufficient_quota' })
  expect(tries, 'no request was retried').toBe(asked)
  const before = (await status()).gateway

  const round = await payer.done('wallet', '--once', '--tranche', '0.003')
  expect(round).toMatchObject({ verified: before['receipts'], charged: before['charged'] })
  expect(round['signed']).toBe(String(BigInt(String(before['charged'])) + 3000n))
  await ask(counting, 200)
  expect(
    await payer.done('wallet', '--once', '--tranche', '0.003', '--threshold', '0.0001'),
  ).toMatchObject({
    verified: 1,
    signed: null,
    limited_by: null,
  })
})

test('the wallet keeps to its limits', async () => {
  const limited = (...limits: string[]) =>
    payer.done('wallet', '--once', '--tranche', '0.005', '--threshold', '0.005', ...limits)
  expect(await limited('--max-total', '0.001')).toMatchObject({ signed: null, limited_by: 'total' })
  expect(await limited('--max-per-day', '0.000001')).toMatchObject({
    signed: null,
    limited_by: 'day',
  })
})

test('a wallet whose gateway asks prices that nobody agreed to refuses, and agrees when it is told to', async () => {
  const file = JSON.parse(readFileSync(payer.channelFile, 'utf8')) as Record<string, unknown>
  writeFileSync(payer.channelFile, JSON.stringify({ ...file, priceHashes: [], priceSheets: [] }), {
    mode: 0o600,
  })
  await ask(client)
  const refused = await payer.vouch('wallet', '--once')
  expect(refused.code).toBe(1)
  expect(refused.output).toMatch(/REFUSED: receipt number \d+, 0x[0-9a-f]{64}: price-not-agreed/)
  expect((await payer.vouch('wallet', '--once')).code, 'it stays refusing').toBe(1)
  expect(
    await payer.done('wallet', '--once', '--accept-prices', '--tranche', '0.003'),
  ).toMatchObject({ verified: 1 })
})

test('top-up adds a deposit and a tranche', async () => {
  const { gateway } = await status()
  const topped = await payer.done(
    ...['channel', 'top-up', '--deposit', '2', '--key', payer.keyFile, '--tranche', '1', '--yes'],
  )
  expect(topped).toMatchObject({ balance: '12000000' })
  expect(BigInt(String(topped['signed']))).toBe(BigInt(String(gateway['charged'])) + dollars(1))
  expect(await payer.holding()).toBe(dollars(8))
})

test('refund gives back at once what is not charged, and the channel can be filled again', async () => {
  const { gateway } = await status()
  const refunded = await payer.done('channel', 'refund', '--yes')
  const charged = BigInt(String(gateway['charged']))
  expect(BigInt(String(refunded['amount']))).toBe(dollars(12) - charged)
  expect(await payer.holding()).toBe(dollars(20) - charged)
  const again = await payer.vouch('channel', 'refund', '--yes')
  expect(again.code).toBe(1)
  expect(again.output).toContain('refunded_recently')
  // Less than what was signed would lie there unused.
  const little = await payer.vouch(
    ...['channel', 'top-up', '--deposit', '0.5', '--key', payer.keyFile, '--yes'],
  )
  expect(little.code).toBe(1)
  expect(little.output).toContain('served again from a deposit of')
  expect(await payer.holding()).toBe(dollars(20) - charged)
  const topped = await payer.done(
    ...['channel', 'top-up', '--deposit', '5', '--key', payer.keyFile, '--yes'],
  )
  expect(topped).toMatchObject({ balance: String(charged + dollars(5)) })
  await ask(client)
})

test('a deposit whose answer was lost is asked for again, and made once', async () => {
  const place = join(folder.path, 'unlucky')
  mkdirSync(place)
  const unlucky = await startPayer(dev, place, dollars(10))
  let lost = 0
  const between = await startBetween(dev.origin, (text, url) => {
    if (url !== '/v1/billing/deposits' || lost > 0) return text
    lost += 1
    return undefined
  })
  try {
    const opened = await unlucky.vouch(
      ...['channel', 'open', '--gateway', between.origin, '--rpc', dev.rpcUrl, '--yes'],
      ...['--key', unlucky.keyFile, '--deposit', '4'],
    )
    expect(opened.code).toBe(1)
    expect(opened.output).toContain('no deposit is made twice')
    expect(lost).toBe(1)
    const kept = JSON.parse(readFileSync(unlucky.channelFile, 'utf8')) as Record<string, unknown>
    expect(kept['pendingDeposit']).toMatchObject({ amount: '4000000' })
    const topped = await unlucky.done('channel', 'top-up', '--key', unlucky.keyFile, '--yes')
    expect(topped).toMatchObject({ balance: '4000000', signed: '4000000' })
    expect(await unlucky.holding()).toBe(dollars(6))
    const after = JSON.parse(readFileSync(unlucky.channelFile, 'utf8')) as Record<string, unknown>
    expect(after['pendingDeposit']).toBeNull()
    // The key that open would have granted is granted now.
    const granted = await unlucky.done('keys', 'create')
    await ask(clientOf(String(granted['api_key'])))
    const withoutGas = await unlucky.vouch('channel', 'withdraw', '--yes')
    expect(withoutGas.code).toBe(1)
    expect(withoutGas.output).toContain('cannot pay the gas')
  } finally {
    await between.stop()
  }
})

test('a wallet at a gateway that overcharges refuses, says which receipt, and starts the withdrawal', async () => {
  await ask(client)
  const liar = await startLiar(dev.origin)
  const file = JSON.parse(readFileSync(payer.channelFile, 'utf8')) as Record<string, unknown>
  const { config } = file as { config: ChannelConfig }
  await payer.giveGas(config.payerAuthorizer)
  const atTheLiar = { ...file, gateway: liar.origin }
  writeFileSync(payer.channelFile, JSON.stringify(atTheLiar), { mode: 0o600 })
  try {
    const refused = await payer.vouch('wallet', '--once', '--withdraw')
    expect(refused.code, refused.output).toBe(1)
    expect(refused.output).toMatch(/REFUSED: receipt number \d+, 0x[0-9a-f]{64}: sum-wrong: /)
    expect(refused.output).toContain('Nothing more is signed.')
    expect(refused.output).toContain('is started and final at')
    expect(liar.vouchers()).toBe(0)
  } finally {
    writeFileSync(payer.channelFile, JSON.stringify(file), { mode: 0o600 })
    await liar.stop()
  }
  const impatient = new OpenAI({
    baseURL: `${dev.origin}/v1`,
    apiKey: client.apiKey,
    maxRetries: 0,
  })
  await expect
    .poll(
      () =>
        ask(impatient).then(
          () => 'served',
          ({ code }) => code,
        ),
      { timeout: 30_000 },
    )
    .toBe('channel_closing')
})

test('a payer leaves with its money when the gateway is gone for good: the channel file and a chain suffice', async () => {
  const { config } = JSON.parse(readFileSync(payer.channelFile, 'utf8')) as {
    config: ChannelConfig
  }
  const before = await payer.holding()
  await dev.kill()
  const chain = await startChain(join(folder.path, 'chain'))
  try {
    const rpcUrl = chain.rpc.origin
    const withdraw = () =>
      payer.done('channel', 'withdraw', '--key', payer.keyFile, '--rpc', rpcUrl, '--yes')
    expect(await withdraw()).toMatchObject({ state: 'waiting' })
    const shown = await payer.done('channel', 'status', '--rpc', rpcUrl)
    expect(shown['gateway']).toMatchObject({ unavailable: expect.stringContaining('reached') })
    const { balance, totalClaimed } = shown['chain'] as Record<string, string>
    const left = BigInt(balance ?? '') - BigInt(totalClaimed ?? '')
    expect(left).toBeGreaterThan(0n)

    expectOk(await chain.rpc.call('evm_increaseTime', [config.withdrawDelay + 1]))
    expectOk(await chain.rpc.call('evm_mine', []))
    // The session key's gas was for starting it; the payer's own key ends it as well.
    expect(await withdraw()).toMatchObject({ state: 'finalized', amount: String(left) })
    expect(await withdraw()).toMatchObject({ state: 'empty' })
    const call = {
      contract: devUsdAt(config.token),
      functionName: 'balanceOf',
      args: [payer.address],
    }
    expect(expectOk(await readContract(chain.rpc, call))[0]).toBe(before + left)
  } finally {
    await chain.stop()
  }
})

/** The gateway as it would look to this payer if it added an atomic unit to each receipt. */
const startLiar = (gateway: string) =>
  startBetween(gateway, (text) =>
    text.replace(/"cumulative":"(\d+)"/g, (_all, sum) => `"cumulative":"${BigInt(sum) + 1n}"`),
  )

/** Hands on what is asked, and answers what `change` makes of the answer; undefined cuts the connection instead. */
async function startBetween(
  gateway: string,
  change: (text: string, url: string) => string | undefined,
) {
  let vouchers = 0
  const server = createServer(async (incoming, response) => {
    const { url = '', method = 'GET', headers } = incoming
    if (url.startsWith('/v1/billing/vouchers')) vouchers += 1
    const chunks: Buffer[] = []
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
    const answer = await fetch(gateway + url, {
      method,
      headers: headers.authorization === undefined ? {} : { authorization: headers.authorization },
      ...(method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
    })
    const text = change(await answer.text(), url)
    if (text === undefined) {
      incoming.socket.destroy()
      return
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(text)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    vouchers: () => vouchers,
    stop: () => new Promise<void>((done) => server.close(() => done())),
  }
}
