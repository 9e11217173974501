import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readContract } from '../../src/chain/contracts.ts'
import { deployableContracts } from '../../src/chain/deployment-contracts.ts'
import { channelSettlementDeployedBytecode } from '../../src/chain/generated/channel-settlement.ts'
import { receiptAnchorAbi } from '../../src/chain/generated/receipt-anchor.ts'
import { readCoordinatorParts } from '../../src/chain/inference-coordinator.ts'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { Address } from '../../src/domain/units.ts'
import {
  contracts,
  contractsInAll,
  type DeploymentChain,
  oneCoin,
  startDeploymentChain,
  stepsInAll,
} from '../support/deployment-chain.ts'
import { expectOk } from '../support/dev-chain.ts'
import { tapChain } from '../support/tapped-chain.ts'

let chain: DeploymentChain
beforeAll(async () => {
  chain = await startDeploymentChain()
})
afterAll(() => chain.stop())
beforeEach(() => chain.beginTest())
afterEach(() => chain.endTest())

const stranger = addressOfPrivateKey(randomPrivateKey())
const place = () => ['--rpc', chain.url, '--chain-id', '31337', '--out', chain.out]
const dryRun = (...more: readonly string[]) =>
  contracts(['deploy', ...place(), '--from', chain.deployer, '--dry-run', ...more])

/** Name → address, as the plan shows them. */
const shownAddresses = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/^ {2}(\w+) +(0x[0-9a-f]{40}) {2}(?:to deploy|there)/gm)].map(
      ([, name = '', at = '']) => [name, at],
    ),
  )

async function gasUsed(): Promise<number> {
  const { contracts: made, appointments } = chain.record()
  let sum = 0
  for (const { transactionHash } of Object.values({ ...made, ...appointments })) {
    const receipt = await chain.ask('eth_getTransactionReceipt', [transactionHash])
    sum += Number((receipt as { readonly gasUsed: string }).gasUsed)
  }
  return sum
}

describe('a dry run', () => {
  test('tells addresses and cost without money or key, and sends and writes nothing', async () => {
    await chain.fund(chain.deployer, 0n)
    const looked = await dryRun()
    expect(looked.code).toBe(0)
    expect(looked.text).toContain(`${stepsInAll} transactions, `)
    expect(await chain.sentTransactions()).toBe(0)
    expect(existsSync(chain.out)).toBe(false)

    await chain.fund(chain.deployer, oneCoin)
    expect((await chain.deploy()).code).toBe(0)
    expect(shownAddresses(looked.text)).toEqual(chain.addresses())
    expect(Object.keys(chain.addresses())).toHaveLength(contractsInAll)
    const gas = /transactions, ([\d,]+) gas/.exec(looked.text)?.[1]?.replaceAll(',', '')
    expect(Number(gas)).toBe(await gasUsed())
  })

  test('counts only what is left', async () => {
    expect((await chain.deploy()).code).toBe(0)
    expect((await dryRun()).text).toContain('Nothing is left to send from this account.')
  })

  test('needs to know who would send', async () => {
    const nobody = await contracts(['deploy', ...place(), '--dry-run'])
    expect(nobody).toEqual({ code: 2, text: '--dry-run needs --key-file or --from 0x…' })
  })
})

describe('a whole deployment', () => {
  test('is this version’s code with its roles, and check and list say so', async () => {
    expect((await chain.deploy()).code).toBe(0)
    expect(await chain.sentTransactions()).toBe(stepsInAll)
    const checked = await chain.check()
    expect(checked.code, checked.text).toBe(0)
    expect(checked.text.match(/^ok {4}/gm)).toHaveLength(stepsInAll)

    const { Slashing, InclusionChallenges, ReexecutionPanel, ReceiptAnchor, DevUSD } =
      chain.addresses()
    const anchor = {
      name: 'ReceiptAnchor',
      address: ReceiptAnchor as Address,
      abi: receiptAnchorAbi,
    }
    const read = async (functionName: string, args: readonly unknown[]) =>
      expectOk(await readContract(jsonRpc(chain.url), { contract: anchor, functionName, args }))
    for (const marker of [Slashing, InclusionChallenges, ReexecutionPanel]) {
      expect(await read('isMarker', [marker])).toEqual([true])
    }
    expect(await read('isMarker', [stranger])).toEqual([false])
    expect(await read('admin', [])).toEqual([`0x${'0'.repeat(40)}`])

    const listed = await contracts(['list', '--out', chain.out])
    expect(listed.code).toBe(0)
    expect(listed.text.split('\n')).toHaveLength(contractsInAll)
    expect(listed.text).toContain(`31337  ${'DevUSD'.padEnd(24)}${DevUSD}`)
    expect(await contracts(['list', '--out', chain.out, '--chain-id', '31337'])).toEqual(listed)
  })

  test('a second one sends nothing and writes the same bytes', async () => {
    expect((await chain.deploy()).code).toBe(0)
    const written = chain.recordText()
    // Nobody needs to be asked when there is nothing to send.
    const again = await contracts(['deploy', ...place(), '--key-file', chain.keyFile])
    expect(again.code, again.text).toBe(0)
    expect(again.text).toContain('Nothing is left to send')
    expect(await chain.sentTransactions()).toBe(stepsInAll)
    expect(chain.recordText()).toBe(written)
  })

  test('is found again without the file, but for the hashes that nobody wrote down', async () => {
    expect((await chain.deploy()).code).toBe(0)
    const written = chain.recordText()
    const { text } = await chain.deploy('--out', `${chain.out}/elsewhere`)
    expect(text).toContain('Nothing is left to send')
    writeFileSync(chain.recordPath(), written.replace(/,\s+"transactionHash": "0x\w{64}"/g, ''))
    const withoutHashes = chain.recordText()
    expect(withoutHashes).not.toContain('transactionHash')
    expect((await chain.deploy()).code).toBe(0)
    expect(chain.recordText()).toBe(withoutHashes)
    // Without the transaction's hash the whole chain is searched for the appointment.
    expect((await chain.check()).code).toBe(0)
  })

  test('with a salt is another one, beside the first', async () => {
    expect((await chain.deploy()).code).toBe(0)
    const refused = await chain.deploy('--salt', 'second')
    expect(refused.code).toBe(1)
    expect(refused.text).toMatch(/salt is "0x0{64}" there and "0x[0-9a-f]{64}" by these options/)
    const { text } = await dryRun('--salt', 'second', '--out', `${chain.out}/second`)
    const first: readonly string[] = Object.values(chain.addresses())
    const second = Object.values(shownAddresses(text))
    expect(second).toHaveLength(contractsInAll)
    expect(second.filter((at) => first.includes(at))).toEqual([])
  })

  test('with a home elsewhere answers contracts by a mirror, and check says so', async () => {
    const verifier = `0x${'5e'.repeat(20)}`
    const { code, text } = await chain.deploy('--home', `eip155:8453:${verifier}`)
    expect(code, text).toBe(0)
    expect(text).toContain(`chain 8453, for ${verifier}`)
    expect(await chain.sentTransactions()).toBe(stepsInAll + 1)
    const { InferenceCoordinator, MirroredReceiptVerifier } = chain.addresses()
    const parts = await readCoordinatorParts(jsonRpc(chain.url), InferenceCoordinator as Address)
    expect(expectOk(parts).verifier).toBe(MirroredReceiptVerifier)
    expect((await chain.check()).code).toBe(0)
    const changed = await chain.deploy('--home', `eip155:1:${verifier}`)
    expect(changed.text).toContain('terms.home.chainId is 8453 there and 1 by these options')
    expect((await chain.deploy('--home', `eip155:31337:${verifier}`)).code).toBe(2)
  })

  test('uses x402’s contracts where they are, and keeps to that choice', async () => {
    const canonical = deployableContracts.flatMap((it) => it.canonicalAddress ?? [])
    expect(canonical).toHaveLength(3)
    const [settlement] = canonical
    const put = (code: string) => chain.ask('anvil_setCode', [settlement, code])
    await put(channelSettlementDeployedBytecode)
    const deployed = await chain.deploy()
    expect(deployed.code).toBe(0)
    expect(deployed.text).toContain(
      `${'ChannelSettlement'.padEnd(24)}${settlement}  there, x402's own`,
    )
    expect(deployed.text).not.toContain("only Vouch's own clients")
    expect(chain.record().contracts['ChannelSettlement']).toEqual({
      address: settlement,
      origin: 'x402',
    })
    expect(await chain.sentTransactions()).toBe(stepsInAll - 1)
    expect((await chain.check()).text).toContain(`${settlement}, x402's own, not compared`)

    await put('0x')
    expect((await chain.deploy()).text).toContain('says that ChannelSettlement is done')
  })

  test('that began with our own settlement does not change to x402’s', async () => {
    expect((await chain.deploy()).text).toContain("only Vouch's own clients find the one above")
    const [settlement] = deployableContracts.flatMap((it) => it.canonicalAddress ?? [])
    await chain.ask('anvil_setCode', [settlement, channelSettlementDeployedBytecode])
    const again = await chain.deploy()
    expect(again.code, again.text).toBe(0)
    expect(again.text).toContain('Nothing is left to send')
  })
})

describe('another chain than a development chain', () => {
  const otherId = 8453
  const elsewhere = (...more: readonly string[]) =>
    contracts(
      ['deploy', '--rpc', chain.url, '--chain-id', String(otherId), '--out', chain.out].concat(
        ['--key-file', chain.keyFile, '--yes'],
        more,
      ),
    )
  afterEach(() => chain.ask('anvil_setChainId', [31337]))

  test('gets no DevUSD, but a token that is there', async () => {
    const deployed = await chain.deploy()
    expect(deployed.code).toBe(0)
    const token = chain.addresses()['DevUSD'] ?? ''
    await chain.ask('anvil_setChainId', [otherId])

    expect(await elsewhere()).toEqual({
      code: 2,
      text: `DevUSD is for development chains (31337, 1337), not for ${otherId}: name the token of stakes and fees with --asset 0x…`,
    })
    expect((await elsewhere('--asset', stranger)).text).toBe(
      `--asset: there is no contract at ${stranger} on this chain`,
    )
    const noToken = chain.addresses()['ReceiptAnchor'] ?? ''
    expect((await elsewhere('--asset', noToken)).text).toContain('does not say its decimals')
    expect(existsSync(join(chain.out, `${otherId}.json`))).toBe(false)

    const terms = ['--asset', token, '--min-stake', '0.000001']
    // The anchor knows no asset, so it is the first deployment's, and its markers are final.
    expect((await elsewhere(...terms)).text).toMatch(
      /^the admin of ReceiptAnchor at 0x\w{40} has appointed without Slashing, .*: deploy anew with another --salt/,
    )
    const made = await elsewhere(...terms, '--salt', 'another')
    expect(made.code, made.text).toBe(0)
    expect(made.text).toMatch(/minimum stake +0\.000001, 7 days/)
    expect(made.text).not.toMatch(/^ {2}DevUSD/m)
    const listed = await contracts(['list', '--out', chain.out])
    expect(listed.text).toContain(`${otherId}  ${'asset'.padEnd(24)}${token}`)
    expect((await chain.check()).code).toBe(0)
  })

  test('is refused when its id is not the one that was meant', async () => {
    const refused = await elsewhere()
    expect(refused).toEqual({
      code: 1,
      text: `the chain at ${chain.url} has id 31337, but ${otherId} is configured: one of the two is wrong`,
    })
    expect(await chain.sentTransactions()).toBe(0)
  })
})

describe('asking before sending', () => {
  const ask = (confirm?: (question: string) => Promise<boolean>) =>
    contracts(['deploy', ...place(), '--key-file', chain.keyFile], confirm)

  test('a no sends nothing and a yes sends everything', async () => {
    const questions: string[] = []
    const answer = (yes: boolean) => (question: string) => {
      questions.push(question)
      return Promise.resolve(yes)
    }
    const refused = await ask(answer(false))
    expect(refused.code).toBe(1)
    expect(refused.text).toMatch(/Nothing was sent\.$/)
    expect(await chain.sentTransactions()).toBe(0)
    expect(existsSync(chain.out)).toBe(false)
    expect((await ask(answer(true))).code).toBe(0)
    expect(await chain.sentTransactions()).toBe(stepsInAll)
    const question = `Send 19 transaction(s) from ${chain.deployer} on chain 31337? [y/N] `
    expect(questions).toEqual([question, question])
  })

  test('where nobody can be asked nothing is sent', async () => {
    const refused = await ask(undefined)
    expect(refused.code).toBe(2)
    expect(refused.text).toContain('--yes sends without asking')
    expect(await chain.sentTransactions()).toBe(0)
  })
})

describe('the account', () => {
  test('must hold what the plan says, and not a wei more', async () => {
    await chain.fund(chain.deployer, 0n)
    const empty = await chain.deploy()
    expect(empty.code).toBe(1)
    expect(empty.text).toMatch(/holds 0 native units and needs [\d.]+ native units.*: send it/)
    const needed = BigInt(
      Math.round(Number(/needs (0\.\d+) native/.exec(empty.text)?.[1] ?? '') * 1e9),
    )
    const weiPerGwei = 10n ** 9n
    await chain.fund(chain.deployer, (needed - 1n) * weiPerGwei)
    expect((await chain.deploy()).text).toContain('send it the rest and run again')
    expect(await chain.sentTransactions()).toBe(0)
    await chain.fund(chain.deployer, needed * weiPerGwei)
    expect((await chain.deploy()).code).toBe(0)
  })

  test('must have a key that only its owner reads', async () => {
    const refusal = async (path: string) =>
      (await contracts(['deploy', ...place(), '--key-file', path, '--yes'])).text
    mkdirSync(chain.out)
    const path = join(chain.out, 'some.key')
    expect(await refusal(path)).toBe(`--key-file: ${path} cannot be read (ENOENT)`)
    writeFileSync(path, 'no key', { mode: 0o600 })
    expect(await refusal(path)).toContain('holds no key')
    writeFileSync(`${path}2`, randomPrivateKey(), { mode: 0o644 })
    expect(await refusal(`${path}2`)).toContain('chmod 600')
  })

  test('that is not the admin leaves the appointments to it, with their calldata', async () => {
    const options = ['--admin', stranger]
    const deployed = await chain.deploy(...options)
    expect(deployed.code).toBe(0)
    expect(await chain.sentTransactions()).toBe(stepsInAll - 3)
    expect(deployed.text).toContain(`the admin ${stranger} must send, once each`)
    expect((await chain.check()).text).toContain("not made yet; run 'vouch contracts deploy' again")
    expect((await chain.check()).code).toBe(1)

    await chain.fund(stranger, oneCoin)
    await chain.ask('anvil_impersonateAccount', [stranger])
    const calls = [...deployed.text.matchAll(/: to (0x[0-9a-f]{40}) data (0x[0-9a-f]+)/g)]
    expect(calls).toHaveLength(3)
    for (const [, to, data] of calls) {
      await chain.send('eth_sendTransaction', { from: stranger, to, data })
    }
    expect((await chain.check()).code).toBe(0)
    const again = await chain.deploy(...options)
    expect(again.text).not.toContain('must send')
    expect(Object.keys(chain.record().appointments)).toHaveLength(3)
  })
})

test('a node that cannot simulate says what it cannot know, and is deployed to all the same', async () => {
  const tapped = await tapChain(chain.url, async ({ method, forward }) =>
    method === 'eth_simulateV1'
      ? '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"unknown method"}}'
      : forward(),
  )
  try {
    const { code, text } = await chain.deploy('--rpc', tapped.url)
    expect(code, text).toBe(0)
    expect(text).toMatch(/19 transactions, at least [\d,]+ gas: at least /)
    expect(text).toMatch(/to deploy, gas not known yet/)
    expect(text).toContain(
      'cannot know the gas of ReceiptVerifier, InferenceCoordinator, Slashing, ReexecutionPanel, ContributorRegistry.appointSlashers, GatewayRegistry.appointSlashers, ReceiptAnchor.appointMarkers before',
    )
    expect((await chain.check()).code).toBe(0)
  } finally {
    await tapped.stop()
  }
})
