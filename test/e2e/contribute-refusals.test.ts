/*
 * What `vouch contribute` does not go along with: gateways that are not what they say, chains that are others, accounts
 * without money. Terms come from a real gateway and are told with something changed.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { openSender } from '../../src/chain/transactions.ts'
import { devUsd, devUsdAt } from '../../src/dev/dev-contracts.ts'
import { mintUpTo } from '../../src/dev/mint-up-to.ts'
import { address } from '../../src/domain/units.ts'
import { startContribute } from '../support/contribute-process.ts'
import { type DevProcess, startDev } from '../support/dev-process.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'

type Terms = Record<string, unknown> & {
  gateway: string
  gateway_keys: string[]
  open: boolean
  chain: Record<string, unknown> & { payout_token: { address: string; decimals: number } }
}

const folder = temporaryFolder()
const servers: Server[] = []
let dev: DevProcess
let told: Terms
let change: (terms: Terms) => unknown = () => {}
let gateway: string
let data: string

const passwordFile = join(folder.path, 'password')
let runs = 0

beforeAll(async () => {
  dev = await startDev(join(folder.path, 'dev'))
  told = (await (await dev.get('/v1/contributors/joining')).json()) as Terms
  gateway = await serve((path) => {
    if (path !== '/v1/contributors/joining') return undefined
    const terms = structuredClone(told)
    terms.chain['rpc_url'] = null
    change(terms)
    return terms
  })
  writeFileSync(passwordFile, 'a long enough password\n', { mode: 0o600 })
})

beforeEach(() => {
  change = () => {}
  runs += 1
  data = join(folder.path, `contributor-${runs}`)
})

afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  await dev?.interrupt()
  folder.remove()
})

/** Answers JSON by path; what is undefined is 404. */
async function serve(answer: (path: string, body: string) => unknown): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const json = answer(request.url ?? '', Buffer.concat(chunks).toString())
    const error = { error: { message: 'no such route', code: 'unknown_url' } }
    response.statusCode = json === undefined ? 404 : 200
    response.end(JSON.stringify(json ?? error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Runs it to its end, without anybody at the terminal. */
async function contribute(...more: readonly string[]) {
  const { ended, events } = startContribute([
    ...['--data', data, '--gateway', gateway, '--rpc', dev.rpcUrl, '--engine', 'built-in'],
    ...['--password-file', passwordFile, '--skip-test', ...more],
  ])
  return { ...(await ended), events }
}

const eachTestMs = 180_000
const other = `0x${'12'.repeat(20)}`

test(
  'a gateway that is down, that is none, and that takes nobody end the first run with what to do',
  async () => {
    const nobody = createServer()
    await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve))
    const { port } = nobody.address() as AddressInfo
    await new Promise((resolve) => nobody.close(resolve))
    const down = await contribute('--gateway', `http://127.0.0.1:${port}`)
    expect(down.code).toBe(1)
    expect(down.errors).toMatch(/cannot be reached \(ECONNREFUSED\).*try again later/)
    const none = await contribute('--gateway', await serve(() => undefined))
    expect(none.code).toBe(1)
    expect(none.errors).toMatch(/refused \(404 unknown_url\).*check --gateway/)
    change = (terms) => {
      terms.open = false
    }
    const closed = await contribute()
    expect(closed.code).toBe(1)
    expect(closed.errors).toMatch(/takes no contributors now/)
    expect(existsSync(join(data, 'keystore.json'))).toBe(false)
  },
  eachTestMs,
)

test(
  'what a gateway says of itself is held against a node of our own',
  async () => {
    const { settlement, receipt_verifier: verifier } = told.chain
    const inChain = (members: object): Partial<Terms> => ({ chain: { ...told.chain, ...members } })
    const lies: readonly (readonly [RegExp, Partial<Terms>])[] = [
      [/account 0x12.* is not registered/, { gateway: other }],
      [/signs with 0x12.*not registered/, { gateway_keys: [other] }],
      [/take its escrow back within 900 s/, inChain({ withdraw_delay_min_s: 900 })],
      [/no contract at 0x12/, inChain({ settlement: other })],
      [/ChannelSettlement 0x.*--trust 0x/, inChain({ settlement: verifier })],
      [/OpenClaimAuthorizer 0x.* is not a/, inChain({ open_claim_authorizer: settlement })],
      [/receipts are checked against 0x/, inChain({ contributor_registry: settlement })],
      [/decimals/, inChain({ payout_token: { ...told.chain.payout_token, decimals: 18 } })],
    ]
    for (const [message, lie] of lies) {
      change = (terms) => Object.assign(terms, lie)
      const { code, errors } = await contribute()
      expect(errors).toMatch(message)
      expect(code).toBe(1)
    }
    change = () => {}
    const elsewhere = await serve((_path, body) => {
      const { id } = JSON.parse(body) as { id: number }
      return { jsonrpc: '2.0', id, result: '0x1' }
    })
    const wrong = await contribute('--rpc', elsewhere)
    expect(wrong.errors).toMatch(/has id 1, but 31337/)
    const blind = await contribute('--rpc', gateway)
    expect(blind.errors).toMatch(/the chain refused eth_chainId: no such route/)
    expect([wrong.code, blind.code]).toEqual([1, 1])
    expect(existsSync(join(data, 'keystore.json'))).toBe(false)
  },
  eachTestMs,
)

test(
  'an account without money is told what it lacks; with it, somebody must say yes; then it goes on',
  async () => {
    const poor = await contribute()
    expect(poor.code).toBe(1)
    expect(poor.errors).toMatch(/lacks 1000\.00 devUSD \(token 0x.*and 0\.\d+ native units for gas/)
    expect(poor.errors).not.toContain('    at ')
    const account = address(
      (JSON.parse(readFileSync(join(data, 'keystore.json'), 'utf8')) as { address: string }).address
        .replace(/^(0x)?/, '0x')
        .toLowerCase(),
    )
    const rpc = jsonRpc(dev.rpcUrl)
    const minter = openSender({ rpc, chainId: 31_337, privateKey: randomPrivateKey() })
    for (const rich of [account, minter.address]) {
      await rpc.call('anvil_setBalance', [rich, '0xde0b6b3a7640000'])
    }
    const asset = devUsdAt(address(told.chain.payout_token.address))
    const minted = await mintUpTo({ rpc, asset, minter, to: account, amount: devUsd(1_000n) })
    expect(minted.ok).toBe(true)

    const unasked = await contribute()
    expect(unasked.code).toBe(2)
    expect(unasked.errors).toMatch(/Register and stake\? Nobody is here to say: add --yes/)
    expect(unasked.events.filter(({ event }) => event === 'mined')).toEqual([])

    // This gateway takes nobody's order: what is on the chain by then stays, and the next run need not send it again.
    const refused = await contribute('--yes')
    expect(refused.events.filter(({ event }) => event === 'mined')).toHaveLength(3)
    expect(refused.errors).toMatch(/does not take this machine: .*404/)
    expect(refused.code).toBe(1)
    const again = await contribute()
    expect(again.events.filter(({ event }) => event === 'mined')).toEqual([])
    expect(again.errors).toMatch(/404/)

    // Its account is another now: whoever took over the address is not served by accident.
    change = (terms) => {
      terms.gateway = other
    }
    const changed = await contribute()
    expect(changed.code).toBe(1)
    expect(changed.errors).toMatch(new RegExp(`is ${other} now and was ${told.gateway}`))
    expect(changed.errors).toContain(`--accept-gateway ${other}`)
    const accepted = await contribute('--accept-gateway', other)
    expect(accepted.errors).toMatch(new RegExp(`account ${other} is not registered`))
    change = (terms) => {
      terms.chain['receipt_verifier'] = terms.chain['settlement']
    }
    const moved = await contribute()
    expect(moved.errors).toMatch(/names another chain or other contracts than/)
    const elsewhere = await contribute('--gateway', dev.origin)
    expect(elsewhere.errors).toMatch(/works for http.*--data names another folder/)
  },
  eachTestMs,
)

test(
  'an engine that is not there, a model that nobody takes and a price beyond the ceiling are told',
  async () => {
    const absent = await contribute('--engine', 'http://127.0.0.1:1')
    expect(absent.errors).toMatch(/no engine answers at http:\/\/127\.0\.0\.1:1\/v1: start it/)
    const unknown = await contribute('--model', 'gpt-9')
    expect(unknown.errors).toMatch(/gpt-9 is left out: the engine has no model of that name/)
    const dear = await contribute('--price', 'vouch-mini=0.2,0.4')
    expect(dear.errors).toMatch(/vouch-mini is left out: you ask more than the gateway pays/)
    expect(dear.errors).toMatch(/: at most 0\.\d+ in, 0\.\d+ out \(devUSD for a million tokens\)/)
    expect(dear.errors).toMatch(/vouch-mini.* at http:\/\/127\.0\.0\.1:\d+\/v1 has nothing that/)
    const mistyped = await contribute('--price', 'nope=0.01,0.01')
    expect(mistyped.errors).toMatch(/--price names nope, which is not offered; offered: vouch-mini/)
    expect(mistyped.events.map(({ event }) => event)).not.toContain('cost')
    expect([absent.code, unknown.code, dear.code, mistyped.code]).toEqual([1, 1, 1, 1])
  },
  eachTestMs,
)

test(
  'a gateway that was met before is waited for when it is down',
  async () => {
    // Its first run ends where there is no money, with the folder made.
    expect((await contribute()).errors).toMatch(/lacks/)
    const path = join(data, 'contributor.json')
    const file = JSON.parse(readFileSync(path, 'utf8')) as { gateway: { origin: string } }
    const server = createServer((_request, response) => {
      response.end(JSON.stringify({ ...told, chain: { ...told.chain, rpc_url: null } }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    file.gateway.origin = `http://127.0.0.1:${port}`
    writeFileSync(path, JSON.stringify(file))
    const waiting = startContribute(['--data', data])
    const unreachable = await waiting.told('gateway_unreachable')
    expect(unreachable['why']).toMatch(/ECONNREFUSED/)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    servers.push(server)
    await waiting.told('gateway')
    expect((await waiting.ended).errors).toMatch(/lacks/)
  },
  eachTestMs,
)
