/*
 * Lies as they come about: a contributor that forks its stream under a running gateway, and a gateway whose operator brought an
 * old ledger back. What their clients hold is enough for `vouch slash`, on a real chain.
 *
 * The gateway of these tests signs for a verifier at an address of its own, so the deployed contracts are made to serve that one:
 * their code, with that address in the place of the verifier's.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openRemoteSender, type Sender } from '../../src/chain/transactions.ts'
import { runSlash } from '../../src/cli/slash-command.ts'
import { registerOperator } from '../../src/dev/register-operator.ts'
import type { Checkpoint } from '../../src/domain/checkpoint.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { type Address, unixSeconds } from '../../src/domain/units.ts'
import { ask } from '../support/ask.ts'
import { openSignedChannel } from '../support/channels.ts'
import { checkpointingUpstream } from '../support/checkpointing-upstream.ts'
import { expectOk } from '../support/dev-chain.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  testChannelId,
  testVerifier,
} from '../support/gateway-on-ledger.ts'
import { sqlitePlace } from '../support/ledger-place.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { type SlashingPlace, startSlashingPlace } from '../support/slashing-place.ts'

let at: SlashingPlace
let keyFile: string
const folder = temporaryFolder()

beforeAll(async () => {
  at = await startSlashingPlace()
  await serveVerifier(testVerifier)
  const { key } = await at.newAccount()
  keyFile = join(folder.path, 'reporter.key')
  writeFileSync(keyFile, key, { mode: 0o600 })
}, 60_000)
afterAll(async () => {
  await at?.stop()
  folder.remove()
})

/** Puts the verifier's code there, and has the contracts that slash ask it. */
async function serveVerifier(verifier: Address): Promise<void> {
  const codeOf = async (place: Address) =>
    String(await at.chain.ask('eth_getCode', [place, 'latest']))
  const deployed = at.place.verifyingContract
  await at.chain.ask('anvil_setCode', [verifier, await codeOf(deployed)])
  for (const { address } of [at.contracts.slashing, at.contracts.inclusion, at.contracts.panel]) {
    const code = (await codeOf(address)).replaceAll(deployed.slice(2), verifier.slice(2))
    await at.chain.ask('anvil_setCode', [address, code])
  }
}

/** Whoever this account is, it registers with a stake. */
async function register(
  role: 'contributors' | 'gateways',
  { operator, signingKey }: { readonly operator: Address; readonly signingKey: Address },
): Promise<void> {
  const { rpc, place, asset, contracts } = at
  await at.chain.ask('anvil_impersonateAccount', [operator])
  await at.chain.fund(operator, 10n ** 18n)
  const { chainId } = place
  const sender: Sender = openRemoteSender({ rpc, chainId, signer: rpc, address: operator })
  expectOk(
    await registerOperator({
      rpc,
      asset,
      registry: contracts[role],
      operator: sender,
      signingKey,
      activeFrom: unixSeconds(at.startS),
      endpoint: 'https://operator.example/v1',
    }),
  )
}

async function slash(...argv: readonly string[]) {
  const lines: string[] = []
  const terminal = { print: (line: string) => void lines.push(line), printError: () => {} }
  const code = await runSlash([...argv, '--rpc', at.chain.url, '--json'], {
    terminal,
    nowMs: Date.now,
  })
  return { code, json: JSON.parse(lines.join('\n')) as Record<string, unknown> }
}

/** What clients hold, as files; the evidence that is found in it. */
async function evidenceIn(name: string, documents: readonly ReceiptDocument[]): Promise<string> {
  const pile = join(folder.path, name)
  mkdirSync(pile)
  for (const [i, document] of documents.entries()) {
    writeFileSync(join(pile, `${i}.json`), JSON.stringify(document))
  }
  const { json } = await slash('check', pile, '--out', `${pile}-faults`)
  const faults = json['faults'] as readonly { readonly file: string }[]
  expect(faults).toHaveLength(1)
  return String(faults[0]?.file)
}

/** The receipts of everything that was asked, as the clients get them. */
const receiptsOf = async (gateway: TestGateway): Promise<readonly ReceiptDocument[]> => {
  const { receipts } = await gateway.books()
  return Promise.all(receipts.map(({ receipt }) => gateway.receipt(receipt.receiptId)))
}

test('a contributor that forks its stream is reported by the client that got it', async () => {
  const liar = checkpointingUpstream()
  const [signingKey] = liar.identity.signingAddresses
  if (signingKey === undefined) throw new Error('it has a key')
  const upstream = await startScriptedUpstream()
  const gateway = await startGatewayOnLedger({
    upstreams: [{ id: 'liar', baseUrl: upstream.baseUrl, identity: liar.identity }],
  })
  try {
    const { operator, signer } = gateway
    const gatewayKey = addressOfPrivateKey(signer.privateKey)
    await register('gateways', { operator, signingKey: gatewayKey })
    await register('contributors', { operator: liar.identity.operator, signingKey })
    const forked = { tokens: 3, told: (truth: Checkpoint) => ({ ...truth, index: 0 }) }
    upstream.become(liar.stream(['one two ', 'four', { tokens: 3 }, ' five', forked], 'silence'))
    await ask(gateway, { stream: true })
    const file = await evidenceIn('forked', await receiptsOf(gateway))
    const told = await slash('report', file, '--key-file', keyFile, '--yes')
    expect(told).toMatchObject({
      code: 0,
      json: { kind: 'S1', state: 'paid', accused: liar.identity.operator, stake: '0' },
    })
  } finally {
    await gateway.stop()
    await upstream.close()
  }
}, 30_000)

test('a gateway whose operator brought an old ledger back gives numbers twice, and is reported', async () => {
  const privateKey = randomPrivateKey()
  const upstream = await startScriptedUpstream()
  const upstreams = [{ id: 'one', baseUrl: upstream.baseUrl }]
  const place = sqlitePlace()
  const ledger = place.open()
  await openSignedChannel(ledger, testChannelId, 1_000_000_000n)
  const backup = place.copy()
  const replica = { channelId: testChannelId, privateKey }
  const serving = await startGatewayOnLedger({ upstreams, replica: { ...replica, ledger } })
  await register('gateways', {
    operator: serving.operator,
    signingKey: addressOfPrivateKey(privateKey),
  })
  await ask(serving)
  await ask(serving)
  const before = await receiptsOf(serving)
  await serving.stop()

  const restored = await startGatewayOnLedger({
    upstreams,
    replica: { ...replica, ledger: backup.open() },
  })
  await ask(restored)
  const after = await receiptsOf(restored)
  await restored.stop()
  await upstream.close()
  place.remove()
  backup.remove()

  expect(before.map(({ receipt }) => receipt.gatewaySeq)).toEqual([1, 2])
  expect(after.map(({ receipt }) => receipt.gatewaySeq)).toEqual([1])
  const file = await evidenceIn('restored', [...before, ...after])
  const told = await slash('report', file, '--key-file', keyFile, '--yes')
  expect(told).toMatchObject({
    code: 0,
    json: { kind: 'S2', state: 'paid', accused: serving.operator, stake: '0' },
  })
}, 30_000)
