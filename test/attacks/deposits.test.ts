/*
 * What can be tried with deposits, tokens and wallets that are not what they seem. Each test is a row of
 * docs/payments-attacks.md.
 */
import { AbiCoder } from 'ethers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Contract, encodeCall, readContract } from '../../src/chain/contracts.ts'
import { depositCall } from '../../src/chain/deposit.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { Sender } from '../../src/chain/transactions.ts'
import { type ChannelPlace, depositBody } from '../../src/client/billing-orders.ts'
import { devUsdDomain } from '../../src/dev/dev-contracts.ts'
import { type Address, atomic, unixSeconds, zeroAddress } from '../../src/domain/units.ts'
import {
  type AttackPlace,
  answerCost,
  answerHold,
  openAttackPlace,
  paymentHeader,
  question,
  type Victim,
} from '../support/attack-place.ts'
import { tokensOf } from '../support/deposits.ts'
import { expectOk } from '../support/dev-chain.ts'
import {
  compileHostile,
  deployHostile,
  type HostileContract,
} from '../support/hostile-contracts.ts'

const deniedKey = randomPrivateKey()
const deposited = 1_000_000n
let place: AttackPlace
let attacker: Sender
let attackerKey: PrivateKey
let hostile: Readonly<Record<string, HostileContract>>
const victims: Victim[] = []
const newVictim = async (terms?: Parameters<AttackPlace['victim']>[0]): Promise<Victim> => {
  const victim = await place.victim(terms)
  victims.push(victim)
  return victim
}
const deploy = (name: string, ...args: readonly unknown[]): Promise<Contract> =>
  deployHostile({ rpc: place.running.chain.rpc, sender: attacker }, hostile[name], args)
const read = async (contract: Contract, functionName: string, ...args: readonly unknown[]) =>
  expectOk(await readContract(place.running.chain.rpc, { contract, functionName, args }))
const asToken = (address: Address): Contract => ({ ...place.handles.asset, address })
const holding = async (token: Contract, account: Address) =>
  (await read(token, 'balanceOf', account))[0]
const gatewayNonce = () =>
  place.rpc('eth_getTransactionCount', place.running.dev.addresses.gatewayOperator, 'pending')

beforeAll(async () => {
  place = await openAttackPlace((config) => ({
    ...config,
    deposits: {
      ...config.deposits,
      perPayerPerHour: 3,
      deniedPayers: [addressOfPrivateKey(deniedKey)],
    },
  }))
  attackerKey = randomPrivateKey()
  attacker = await place.gasAccount(attackerKey)
  hostile = {
    ...compileHostile('test/hostile/HostileTokens.sol'),
    ...compileHostile('test/hostile/Wallets.sol'),
    ...compileHostile('test/hostile/BlockingToken.sol'),
  }
})
afterAll(() => place.stop())

test('a deposit that is not in a block pays for nothing, and one that was outrun never will', async () => {
  const victim = await place.victim({ deposited: 0n, pocket: deposited })
  const { payer } = victim.place.config
  const { asset } = place.handles
  await place.rpc('evm_setAutomine', false)
  try {
    const depositing = victim.deposit(deposited)
    const pending = async (count: string) =>
      expect(await place.rpc('txpool_status')).toMatchObject({ pending: count })
    await vi.waitFor(() => pending('0x1'), 10_000)
    expect(await victim.promise(100_000n)).toMatchObject({ code: 'channel_terms_unacceptable' })
    const header = paymentHeader(victim, answerHold)
    expect(await place.post('/v1/chat/completions', question(), header)).toMatchObject({
      status: 402,
    })
    // The payer overtakes the deposit with a transaction that pays more.
    await place.rpc('anvil_impersonateAccount', payer)
    await place.rpc('anvil_setBalance', payer, `0x${(10n ** 20n).toString(16)}`)
    const args = [attacker.address, deposited]
    const data = await encodeCall({ contract: asset, functionName: 'transfer', args })
    const fee = `0x${(900n * 10n ** 9n).toString(16)}`
    await place.rpc('eth_sendTransaction', {
      ...{ from: payer, to: asset.address, data, gas: '0x30d40' },
      ...{ maxFeePerGas: fee, maxPriorityFeePerGas: fee },
    })
    await pending('0x2')
    await place.rpc('evm_mine')
    expect(await depositing).toMatchObject({ status: 400, code: 'deposit_rejected' })
  } finally {
    await place.rpc('evm_setAutomine', true)
  }
  expect(await holding(asset, attacker.address)).toBe(deposited)
  expect(await place.gateway().ledger.channel(victim.place.channelId)).toBeUndefined()
  expect(place.upstream.requests).toHaveLength(0)
})

test('who wants the gateway to burn its gas finds that it asks first', async () => {
  const poor = await place.victim({ deposited: 0n, pocket: 5n * deposited })
  const before = await gatewayNonce()
  expect(await poor.deposit(19_999n)).toMatchObject({ code: 'deposit_below_minimum' })
  // Signed by somebody else, for more than there is, and by a payer who is not served.
  const signedBy = (key: PrivateKey, amount: bigint) =>
    place.post(
      '/v1/billing/deposits',
      depositBody(
        poor.place,
        { amount: atomic(amount), validBefore: unixSeconds(4e9), salt: Buffer.alloc(32, 1) },
        key,
      ),
    )
  expect(await signedBy(attackerKey, deposited)).toMatchObject({ code: 'deposit_rejected' })
  expect(await signedBy(poor.payerKey, 6n * deposited)).toMatchObject({ code: 'deposit_rejected' })
  const denied = await place.victim({ payerKey: deniedKey, deposited: 0n, pocket: deposited })
  expect(await denied.deposit(deposited)).toMatchObject({ code: 'channel_terms_unacceptable' })
  expect(await gatewayNonce()).toBe(before)
  // Even good ones are sent only so often for one payer.
  for (let sent = 0; sent < 3; sent += 1) {
    expect(await poor.deposit(20_000n)).toMatchObject({ status: 200 })
  }
  expect(await poor.deposit(20_000n)).toMatchObject({ status: 429, code: 'deposit_limit_reached' })
  expect(BigInt(String(await gatewayNonce())) - BigInt(String(before))).toBe(3n)
  expect(await poor.onChain()).toMatchObject({ balance: 60_000n })
})

test('a wallet whose code can change its mind pays in, but signs no vouchers', async () => {
  const owner = randomPrivateKey()
  const wallet = await deploy('OwnedWallet', addressOfPrivateKey(owner))
  const config = { payer: wallet.address }
  const payer = await newVictim({ payerKey: owner, config })
  expect((await payer.ask()).status).toBe(200)
  // Neither a contract nor nobody may be the one that signs vouchers.
  const changeable = await place.victim({
    config: { payerAuthorizer: wallet.address },
    deposited: 0n,
    pocket: deposited,
  })
  expect(await changeable.deposit(deposited)).toMatchObject({ status: 200 })
  expect(await changeable.promise(100_000n, changeable.sign(100_000n, owner))).toMatchObject({
    code: 'voucher_signature_invalid',
  })
  const nobody = await place.victim({ config: { payerAuthorizer: zeroAddress }, deposited: 0n })
  expect(await nobody.promise(1n, nobody.sign(1n, nobody.payerKey))).toMatchObject({
    code: 'channel_terms_unacceptable',
  })
  // A session key that becomes a smart account (EIP-7702) afterwards has signed all the same.
  const delegated = await newVictim()
  expect((await delegated.ask()).status).toBe(200)
  const refuser = await deploy('HostileWallet', 3)
  const delegation = `0xef0100${refuser.address.slice(2)}`
  await place.rpc('anvil_setCode', delegated.place.config.payerAuthorizer, delegation)
  await place.gateway().settlement.claimNow()
  expect(await delegated.onChain()).toMatchObject({ totalClaimed: answerCost })
  // ERC-6492: the signature of a wallet that a factory would have to make first. No factory is called.
  const counterfactual = await place.victim({ deposited: 0n, pocket: deposited })
  const body = depositBody(
    counterfactual.place,
    { amount: atomic(deposited), validBefore: unixSeconds(4e9), salt: Buffer.alloc(32, 2) },
    counterfactual.payerKey,
  )
  const wrapped = AbiCoder.defaultAbiCoder().encode(
    ['address', 'bytes', 'bytes'],
    [wallet.address, '0x', body['signature']],
  )
  const signature = `${wrapped}${'6492'.repeat(16)}`
  expect(await place.post('/v1/billing/deposits', { ...body, signature })).toMatchObject({
    code: 'deposit_rejected',
  })
})

test('what a payer allowed to a collector cannot be put into somebody else’s channel', async () => {
  const victim = await place.victim({ deposited: 0n, pocket: 3n * deposited })
  const { payer } = victim.place.config
  const { asset, settlement } = place.handles
  const { contracts } = place.running.dev
  const wallet = await place.gasAccount(victim.payerKey)
  for (const spender of [
    contracts.eip3009Collector,
    contracts.permit2Collector,
    settlement.address,
  ]) {
    const args = [spender, 2n ** 256n - 1n]
    expect(await place.call(wallet, { contract: asset, functionName: 'approve', args })).toBe(
      undefined,
    )
  }
  const taken = place.placeOf({ payer, payerAuthorizer: attacker.address })
  const amount = atomic(deposited)
  const terms = {
    ...{ settlement, collector: contracts.eip3009Collector, channel: taken, amount },
    tokenDomain: devUsdDomain({
      chainId: place.running.dev.chainId,
      verifyingContract: contracts.asset,
    }),
    validBefore: unixSeconds(4e9),
  }
  const forged = await depositCall({ ...terms, payerKey: attackerKey })
  expect(await place.call(attacker, forged)).toBeDefined()
  // The victim's own signature for its own channel, sent along with the attacker's.
  const own = await depositCall({ ...terms, channel: victim.place, payerKey: victim.payerKey })
  const [, , collector, data] = own.args
  const moved = { ...own, args: [taken.config, deposited, collector, data] }
  expect(await place.call(attacker, moved)).toBeDefined()
  // A collector of the attacker's own has no allowance, and the gateway knows none but its own.
  const greedy = await deploy('ShortCollector', 0n)
  const custom = { ...own, args: [taken.config, deposited, greedy.address, data] }
  expect(await place.call(attacker, custom)).toContain('DepositMismatch')
  const body = depositBody(
    victim.place,
    { amount, validBefore: unixSeconds(4e9), salt: Buffer.alloc(32, 3) },
    victim.payerKey,
  )
  const order = { ...body, channelConfig: taken.config, collector: greedy.address }
  expect(await place.post('/v1/billing/deposits', order)).toMatchObject({
    code: 'deposit_rejected',
  })
  expect(await tokensOf(place.running, payer)).toBe(3n * deposited)
  // Where the victim meant it to go, it goes.
  expect(await place.call(attacker, own)).toBeUndefined()
  expect(await victim.onChain()).toMatchObject({ balance: deposited })
})

test('tokens that are made up, or lose something on their way, buy nothing', async () => {
  const { settlement } = place.handles
  const fake = await deploy('CallingToken')
  const printer = await deploy('ShortCollector', 10n ** 12n)
  const rich = await place.victim({ config: { token: fake.address }, deposited: 0n })
  const deposit = {
    contract: settlement,
    functionName: 'deposit',
    args: [rich.place.config, 10n ** 12n, printer.address, '0x'],
  }
  expect(await place.call(attacker, deposit)).toBeUndefined()
  expect(await rich.onChain()).toMatchObject({ balance: 10n ** 12n })
  expect(await rich.promise(deposited)).toMatchObject({ code: 'channel_terms_unacceptable' })
  const header = paymentHeader(rich, answerHold)
  expect(await place.post('/v1/chat/completions', question(), header)).toMatchObject({
    status: 402,
    code: 'channel_terms_unacceptable',
  })
  const lossy = await deploy('FeeToken')
  const lost = await place.victim({ config: { token: lossy.address }, deposited: 0n })
  const short = await deploy('ShortCollector', deposited - 1n)
  const args = [lost.place.config, deposited, short.address, '0x']
  expect(await place.call(attacker, { ...deposit, args })).toContain('DepositMismatch')
  await printTo(lossy, addressOfPrivateKey(lost.payerKey))
  expect(await place.call(attacker, await signedDeposit(lost, lossy.address))).toBeDefined()
  expect(await lost.onChain()).toMatchObject({ balance: 0n })
  expect(place.upstream.requests.length).toBe(2)
})

const printTo = async (token: Contract, account: Address) =>
  expect(
    await place.call(attacker, {
      contract: asToken(token.address),
      functionName: 'mint',
      args: [account, deposited],
    }),
  ).toBeUndefined()

const signedDeposit = ({ place: channel, payerKey }: Victim, token: Address) =>
  depositCall({
    settlement: place.handles.settlement,
    collector: channel.collector,
    tokenDomain: devUsdDomain({ chainId: channel.chainId, verifyingContract: token }),
    channel: channel satisfies ChannelPlace,
    amount: atomic(deposited),
    validBefore: unixSeconds(4e9),
    payerKey,
  })

test('who calls the contract back in the middle of a transfer finds it locked', async () => {
  const { settlement } = place.handles
  const token = await deploy('CallingToken')
  const collector = await deploy('ReentrantCollector')
  const { config, channelId } = place.placeOf({
    ...{ payer: attacker.address, payerAuthorizer: attacker.address, token: token.address },
    ...{ receiver: attacker.address, receiverAuthorizer: attacker.address },
  })
  const args = [config, deposited, collector.address, '0x']
  const deposit = { contract: settlement, functionName: 'deposit', args }
  const arming = { contract: collector, functionName: 'arm', args: [await encodeCall(deposit)] }
  expect(await place.call(attacker, arming)).toBeUndefined()
  expect(await place.call(attacker, deposit)).toBeUndefined()
  expect((await read(collector, 'succeeded'))[0]).toBe(false)
  const settle = { contract: settlement, functionName: 'settle' }
  const call = await encodeCall({ ...settle, args: [attacker.address, token.address] })
  const aiming = { contract: token, functionName: 'arm', args: [settlement.address, call] }
  expect(await place.call(attacker, aiming)).toBeUndefined()
  const refund = { contract: settlement, functionName: 'refund', args: [config, 400_000n] }
  expect(await place.call(attacker, refund)).toBeUndefined()
  expect((await read(token, 'succeeded'))[0]).toBe(false)
  expect((await read(settlement, 'channels', channelId))[0]).toBe(600_000n)
  expect(await holding(asToken(token.address), settlement.address)).toBe(
    // Another test's channel has made-up money of the same token.
    600_000n + 10n ** 12n,
  )
  expect(await holding(asToken(token.address), attacker.address)).toBe(400_000n)
})

test('an issuer that stops one account keeps nobody else from their money', async () => {
  const [stopped, free] = [await newVictim(), await newVictim()]
  const { asset } = place.handles
  const { gatewayOperator } = place.running.dev.addresses
  const blocking = hostile['BlockingToken']
  if (blocking === undefined) throw new Error('no such contract')
  await place.rpc('anvil_setCode', asset.address, blocking.deployedBytecode)
  const issuer = { ...asset, abi: blocking.abi }
  const block = async (account: Address, isBlocked: boolean) => {
    const call = { contract: issuer, functionName: 'setBlocked', args: [account, isBlocked] }
    expect(await place.call(attacker, call)).toBeUndefined()
  }
  const paidBefore = await tokensOf(place.running, gatewayOperator)
  await block(gatewayOperator, true)
  await block(stopped.place.config.payer, true)
  for (const victim of [stopped, free]) expect((await victim.ask()).status).toBe(200)
  await place.gateway().settlement.claimNow()
  for (const victim of [stopped, free]) {
    expect(await victim.onChain()).toMatchObject({ totalClaimed: answerCost })
  }
  expect(await tokensOf(place.running, gatewayOperator)).toBe(paidBefore)
  const refund = (victim: Victim) => place.gateway().settlement.refund(victim.place.channelId)
  expect(await refund(stopped)).toMatchObject({ ok: false })
  expect(await refund(free)).toMatchObject({ ok: true })
  expect(await tokensOf(place.running, free.place.config.payer)).toBe(deposited - answerCost)
  // What was claimed waits for the receiver, and is paid when it may be.
  await block(gatewayOperator, false)
  await place.gateway().settlement.claimNow()
  expect(await tokensOf(place.running, gatewayOperator)).toBe(paidBefore + 2n * answerCost)
})

test('after all of it, receipts, charges, vouchers and deposits of those who paid agree', async () => {
  await place.gateway().settlement.claimNow()
  expect(await place.expectTheLaw(victims)).toBe(4n * answerCost)
})
