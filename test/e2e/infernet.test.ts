/*
 * Consumers written for Ritual's Infernet, served by a real `vouch serve` with a real engine. The Infernet is a stand-in
 * (support/solidity/InfernetStandIn.sol); docs/infernet.md tells what the genuine contracts did.
 */
import { appendFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AbiCoder, Interface } from 'ethers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Hex } from '../../src/base/hex.ts'
import { sha256Hex } from '../../src/base/sha256.ts'
import { encodeTensor } from '../../src/base/wire-tensor.ts'
import { type Contract, readContract } from '../../src/chain/contracts.ts'
import { receiptVerifierAbi } from '../../src/chain/generated/receipt-verifier.ts'
import { containerIdOf } from '../../src/chain/infernet-subscription.ts'
import { keccak256Utf8 } from '../../src/chain/keccak.ts'
import { chatInput } from '../../src/client/contract-input.ts'
import { hashApiKey } from '../../src/domain/api-key.ts'
import { apiKeyOf } from '../../src/payment/authenticate.ts'
import type { ContractJob } from '../../src/store/contract-job-store.ts'
import { openSqliteContractJobs } from '../../src/store/contract-job-store-sqlite.ts'
import { jobsSection } from '../support/asking-place.ts'
import { expectOk } from '../support/dev-chain.ts'
import {
  type InfernetPlace,
  openInfernetPlace,
  type StandInConsumer,
} from '../support/infernet-place.ts'
import {
  openServingPlace,
  type ServingGateway,
  type ServingPlace,
} from '../support/serving-place.ts'
import {
  tinyAnswer,
  tinyFolder,
  tinyModelSection,
  tinyTensors,
} from '../support/tensor-upstream.ts'

const abi = AbiCoder.defaultAbiCoder()
const ether = 10n ** 18n
/** 30 cents of a coin that counts as ten units. */
const payment = ether / 10n

let place: ServingPlace
let infernet: InfernetPlace
let free: StandInConsumer
let paying: StandInConsumer
let nodeWallet: Hex
let gateway: ServingGateway

beforeAll(async () => {
  place = await openServingPlace({
    provableFolders: [tinyFolder],
    models: tinyModelSection(),
    sections: jobsSection,
  })
  infernet = await openInfernetPlace(place.chain().rpc)
  free = await infernet.consumer()
  paying = await infernet.consumer()
  nodeWallet = await infernet.wallet()
  // A key is made in the folder of a gateway that ran.
  const first = await place.start()
  const secret = await place.createApiKey()
  await first.kill()
  const { channelId } = place.devChain.channel
  const { apiKeyId } = apiKeyOf(hashApiKey(secret), { label: '', channelId, nowMs: 0 })
  appendFileSync(
    place.configPath,
    `      infernet:
        registry: '${infernet.registry}'
        apiKeyId: ${apiKeyId}
        wallet: '${nodeWallet}'
        consumerGasMax: 3000000
        containers:
          - { name: gpt4, model: ${place.modelName}, system: Be brief., completionTokensMax: 8 }
          - { name: bare, model: ${place.modelName}, envelope: plain, output: bare, completionTokensMax: 8 }
          - { name: risk, model: tiny, input: tensor, decimals: 3 }
        free:
          - { consumer: '${free.address}', deliveryFee: '1', budget: '20' }
`,
  )
  gateway = await place.start()
  expect(await place.signTranche(1_000_000n)).toBe(200)
})

afterAll(async () => {
  await gateway?.kill()
  await place?.remove()
})

const encodedText = (text: string): Hex => abi.encode(['string'], [text]) as Hex

const rpc = async (method: string, ...params: readonly unknown[]) =>
  expectOk(await place.chain().rpc.call(method, params))

async function jobs(): Promise<readonly ContractJob[]> {
  const path = join(dirname(place.ledgerPath), 'jobs.db')
  const store = openSqliteContractJobs(path, { retentionMs: 3_600_000 })
  try {
    return await store.list({ limit: 100 })
  } finally {
    await store.close()
  }
}

async function untilJob(isSo: (job: ContractJob) => boolean): Promise<ContractJob> {
  for (;;) {
    const job = (await jobs()).find(isSo)
    if (job !== undefined) return job
    await new Promise((done) => setImmediate(done))
  }
}

const deliveriesSent = async (): Promise<number> =>
  Number(await rpc('eth_getTransactionCount', place.devChain.addresses.gatewayOperator, 'latest'))

/** What a consumer has of its last answer. */
async function answerOf(consumer: StandInConsumer) {
  const [input, output, proof] = await Promise.all(
    ['input', 'output', 'proof'].map((name) => consumer.read(name)),
  )
  return { input: String(input), output: String(output), proof: String(proof) }
}

/** The hashes in a packed receipt: its first members are words. */
function receiptHashes(packed: string): readonly string[] {
  return (
    packed
      .slice(2)
      .match(/.{64}/g)
      ?.map((word) => `0x${word}`) ?? []
  )
}

test('a callback is answered in the form of its container, with a receipt of it as the proof', async () => {
  await free.request('gpt4', encodedText('What is a hash?'))
  await free.answered(1)
  const { input, output, proof } = await answerOf(free)
  const [raw, processed] = abi.decode(['bytes', 'bytes'], output)
  const [text] = abi.decode(['string'], raw)
  expect(text).not.toBe('')
  expect(processed).toBe('0x')
  // What the model was asked is what the contract could have written with ChatInput.
  const question = { model: place.modelName, system: 'Be brief.', user: 'What is a hash?' }
  const inputHash = `0x${sha256Hex(chatInput({ ...question, completionTokensMax: 8 }))}`
  expect(abi.decode(['bytes', 'bytes'], input)).toEqual([inputHash, '0x'])
  expect(receiptHashes(proof)).toEqual(
    expect.arrayContaining([inputHash, keccak256Utf8(String(text))]),
  )
  expect(await free.read('node')).toMatch(new RegExp(place.devChain.addresses.gatewayOperator, 'i'))
})

/** What the ReceiptVerifier of the chain says of the proof: every signature of it, and that it is of `content`. */
async function isVouchedFor(packed: string, content: string): Promise<boolean> {
  const { contracts, addresses } = place.devChain
  const contract: Contract = {
    name: 'ReceiptVerifier',
    address: contracts.receiptVerifier,
    abi: receiptVerifierAbi,
  }
  const { inputs } = Interface.from(receiptVerifierAbi).getFunction('verify') ?? { inputs: [] }
  const [receiptType, ...signatures] = inputs
  if (receiptType === undefined) throw new Error('no receipt')
  const parts = abi.decode([receiptType, ...signatures], packed)
  const receipt = parts.toArray(true)
  const work = parts.getValue('receipt').getValue('work')
  // Signed by gateway and contributor, within the hour.
  const policy = [work.getValue('modelId'), 3, 3_600, addresses.gatewayOperator]
  const args = [...receipt, content, policy]
  const call = { contract, functionName: 'verifyContent', args }
  return expectOk(await readContract(place.chain().rpc, call))[0] === true
}

test('the proof is what the verifier of the chain takes, for these bytes and no others', async () => {
  const answers = Number(await free.read('answers'))
  await free.request('gpt4', encodedText('Prove it.'))
  await free.answered(answers + 1)
  const { output, proof } = await answerOf(free)
  const [text] = abi.decode(['string'], abi.decode(['bytes', 'bytes'], output)[0])
  const content = Buffer.from(String(text))
  expect(await isVouchedFor(proof, `0x${content.toString('hex')}`)).toBe(true)
  expect(await isVouchedFor(proof, `0x${content.toString('hex')}21`)).toBe(false)
})

test('numbers go in and out with the digits of the consumer', async () => {
  const answers = Number(await free.read('answers'))
  const inputs = abi.encode(['uint256[]'], [[1_000, 2_000, 3_000]]) as Hex
  await free.request('risk', inputs)
  await free.answered(answers + 1)
  const { output, proof } = await answerOf(free)
  const [raw, content] = abi.decode(['bytes', 'bytes'], output)
  const [input, result] = [tinyTensors.inputs[0], tinyTensors.outputs[0]]
  const scaled = [1, 2, 3].map((value) => value * 2 ** (input?.scaleBits ?? 0))
  const integers = tinyAnswer(scaled)
  expect(content).toBe(`0x${Buffer.from(encodeTensor(integers)).toString('hex')}`)
  const decimals = [...integers].map((integer) => {
    return BigInt(Math.floor((integer * 1_000) / 2 ** (result?.scaleBits ?? 0) + 0.5))
  })
  expect(abi.decode(['int256[]'], raw)[0].toArray()).toEqual(decimals)
  expect(await isVouchedFor(proof, content)).toBe(true)
})

test('a payment in the coin of the chain goes to the wallet of the node', async () => {
  const wallet = await infernet.wallet({ spender: paying.address, amount: payment })
  await paying.request('bare', encodedText('Pay?'), { paymentAmount: payment, wallet })
  await paying.answered(1)
  expect(BigInt(String(await rpc('eth_getBalance', nodeWallet, 'latest')))).toBe(
    (payment * 9n) / 10n,
  )
  const { input, output, proof } = await answerOf(paying)
  expect(receiptHashes(proof)).toEqual(
    expect.arrayContaining([input, keccak256Utf8(Buffer.from(output.slice(2), 'hex').toString())]),
  )
})

test('a subscription is answered once in each interval, over a gateway that is killed between', async () => {
  const answers = Number(await free.read('answers'))
  await free.subscribe('gpt4', { frequency: 3, period: 3_600 })
  const next = async () => {
    await rpc('evm_increaseTime', 3_600)
    await rpc('evm_mine')
  }
  await next()
  await free.answered(answers + 1)
  expect(await free.read('interval')).toBe(1n)
  await gateway.kill()
  await next()
  gateway = await place.start()
  await free.answered(answers + 2)
  expect(await free.read('interval')).toBe(2n)
  await next()
  await free.answered(answers + 3)
  await untilJob(
    ({ state, note }) => state === 'delivered' && note?.includes('"interval":3') === true,
  )
  await next()
  // Whatever a later look finds is served before this one.
  await free.request('gpt4', encodedText('And now?'))
  await free.answered(answers + 4)
  expect(await free.read('answers')).toBe(BigInt(answers + 4))
})

test('a lazy answer is in the inbox, and the consumer is told where', async () => {
  const answers = Number(await free.read('answers'))
  await free.subscribe('gpt4', { frequency: 1, period: 60, isLazy: true })
  await rpc('evm_increaseTime', 60)
  await rpc('evm_mine')
  await free.answered(answers + 1)
  expect(await answerOf(free)).toEqual({ input: '0x', output: '0x', proof: '0x' })
  const containerId = containerIdOf('gpt4')
  expect(await free.read('containerId')).toBe(containerId)
  const at = [containerId, place.devChain.addresses.gatewayOperator, await free.read('index')]
  const item = (await infernet.read('read', ...at)) as { readonly output: string }
  expect(abi.decode(['bytes', 'bytes'], item.output)[0]).not.toBe('0x')
})

test('nothing is sent to a consumer that refuses; when it does no longer, it is answered', async () => {
  const answers = Number(await free.read('answers'))
  await free.send('setRefuses', true)
  const before = await deliveriesSent()
  const id = await free.request('gpt4', encodedText('Will you?'))
  const isIt = ({ note }: ContractJob) => note?.includes(`"subscriptionId":${id},`) === true
  await untilJob((job) => isIt(job) && job.reason === 'delivery_reverted')
  expect(await deliveriesSent()).toBe(before)
  await free.send('setRefuses', false)
  await free.answered(answers + 1)
  const job = await untilJob((one) => isIt(one) && one.state === 'delivered')
  expect(job.answers).toHaveLength(1)
})

test('what asks nothing is refused, and what pays nothing is passed over', async () => {
  const id = await free.request('gpt4', '0x1234')
  const job = await untilJob(({ note }) => note?.includes(`"subscriptionId":${id},`) === true)
  expect(job).toMatchObject({
    state: 'refused',
    reason: 'input_unreadable',
    detail: 'it is no abi.encode(string)',
  })
  const begging = await paying.request('gpt4', encodedText('For nothing?'))
  const unknown = await free.request('other', encodedText('Who?'))
  const last = await free.request('gpt4', encodedText('Still there?'))
  await untilJob(({ note, state }) => {
    return note?.includes(`"subscriptionId":${last},`) === true && state === 'delivered'
  })
  const found = (await jobs()).map(({ note }) => JSON.parse(String(note)).subscriptionId)
  expect(found).not.toContain(begging)
  expect(found).not.toContain(unknown)
  // What a process says comes later than what it does.
  while (!gateway.output().includes('"reason":"payment_too_small"')) {
    await new Promise((done) => setImmediate(done))
  }
})
