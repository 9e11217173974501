/*
 * A contract asks at once (EIP-3668), and ethers and viem, unmodified, bring it the answer: the real verifier on a real chain
 * takes what the gateway gives, and nothing else.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AbiCoder,
  Contract as EthersContract,
  getBytes,
  JsonRpcProvider,
  toUtf8String,
} from 'ethers'
import { type Abi, createPublicClient, http, type PublicClient } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeTensor, encodeTensor } from '../../src/base/wire-tensor.ts'
import type { Contract } from '../../src/chain/contracts.ts'
import { openSender } from '../../src/chain/transactions.ts'
import type { Address } from '../../src/domain/units.ts'
import { compileHostile, deployHostile } from '../support/hostile-contracts.ts'
import {
  openServingPlace,
  type ServingGateway,
  type ServingPlace,
} from '../support/serving-place.ts'
import { tinyAnswer, tinyFolder, tinyModelSection } from '../support/tensor-upstream.ts'

let place: ServingPlace
let gateway: ServingGateway
let apiKey: string
let provider: JsonRpcProvider
let client: PublicClient

beforeAll(async () => {
  place = await openServingPlace({
    provableFolders: [tinyFolder],
    models: tinyModelSection(),
    sections: ({ channel }) => `jobs:
  ccip:
    anyone: {account: '${channel.channelId}'}
`,
  })
  gateway = await place.start()
  expect(await place.signTranche(1_000_000n)).toBe(200)
  apiKey = await place.createApiKey()
  provider = new JsonRpcProvider(place.devChain.rpcUrl, undefined, { staticNetwork: true })
  client = createPublicClient({ transport: http(place.devChain.rpcUrl, { timeout: 60_000 }) })
})
afterAll(async () => {
  provider?.destroy()
  await gateway?.interrupt()
  await place?.remove()
})

const asker = compileHostile('../test/support/solidity/Asker.sol')['Asker']

/** A contract that asks at these URLs. */
const deployAsker = (...urls: readonly string[]): Promise<Contract> => {
  const { chainId, contracts, keys, addresses } = place.devChain
  const { rpc } = place.chain()
  const sender = openSender({ rpc, chainId, privateKey: keys.deployer })
  const { coordinator } = contracts
  const { gatewayOperator } = addresses
  return deployHostile({ rpc, sender }, asker, [coordinator, gatewayOperator, urls])
}

type Policy = {
  readonly modelId: string
  readonly minTiers: number
  readonly maxAge: number
  readonly gateway: Address
}

/** Signed by both sides, by this gateway, within the last hour. */
const policyFor = async (modelName: string): Promise<Policy> => {
  const answer = await fetch(`${place.origin}/v1/models/${modelName}`)
  const { vouch } = (await answer.json()) as { readonly vouch: { readonly model_id: string } }
  const { gatewayOperator } = place.devChain.addresses
  return { modelId: vouch.model_id, minTiers: 3, maxAge: 3600, gateway: gatewayOperator }
}

/** Greedy, so that whoever asks gets the same text. */
const question = (words: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      model: place.modelName,
      messages: [{ role: 'user', content: words }],
      max_tokens: 24,
      temperature: 0,
      seed: 1,
    }),
  )

const askByEthers = async (contract: Contract, input: Uint8Array, policy: Policy) => {
  const called = new EthersContract(contract.address, contract.abi, provider)
  return getBytes(
    (await called.getFunction('ask').staticCall(input, policy, { enableCcipRead: true })) as string,
  )
}

const askByViem = async (contract: Contract, input: Uint8Array, policy: Policy) =>
  getBytes(
    (await client.readContract({
      address: contract.address,
      abi: contract.abi as Abi,
      functionName: 'ask',
      args: [`0x${Buffer.from(input).toString('hex')}`, policy],
    })) as string,
  )

const chat = async (body: Buffer): Promise<string> => {
  const answer = await fetch(`${place.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body,
  })
  const { choices } = (await answer.json()) as {
    readonly choices: readonly [{ readonly message: { readonly content: string } }]
  }
  return choices[0].message.content
}

const receiptCount = async (): Promise<number> => {
  const answer = await fetch(`${place.origin}/v1/billing/receipts?limit=100`, {
    headers: { authorization: `Bearer ${apiKey}` },
  })
  return ((await answer.json()) as { readonly data: readonly unknown[] }).data.length
}

describe('a contract that asks the language model', () => {
  test('gets the verified answer through ethers and viem, by POST and by GET, and pays once', async () => {
    const posting = await deployAsker(`${place.origin}/ccip`)
    const getting = await deployAsker(`${place.origin}/ccip/{sender}/{data}.json`)
    const policy = await policyFor(place.modelName)
    const input = question('Say something about the sea.')
    const before = await receiptCount()
    const text = toUtf8String(await askByEthers(posting, input, policy))
    expect(text.length).toBeGreaterThan(0)
    for (const ask of [askByEthers, askByViem]) {
      for (const contract of [posting, getting]) {
        expect(toUtf8String(await ask(contract, input, policy))).toBe(text)
      }
    }
    expect(await receiptCount()).toBe(before + 1)
    expect(await chat(input)).toBe(text)
  })

  test('is answered once where many ask the same at the same time', async () => {
    const contract = await deployAsker(`${place.origin}/ccip/{sender}`)
    const policy = await policyFor(place.modelName)
    const input = question('Name a colour.')
    const before = await receiptCount()
    const asked = Array.from({ length: 8 }, (_, index) =>
      (index % 2 === 0 ? askByEthers : askByViem)(contract, input, policy),
    )
    const texts = new Set((await Promise.all(asked)).map((bytes) => toUtf8String(bytes)))
    expect(texts.size).toBe(1)
    expect(await receiptCount()).toBe(before + 1)
  })

  test('asks with more than a path may have by POST, and is told so by GET', async () => {
    const [posting, getting] = [
      await deployAsker(`${place.origin}/ccip`),
      await deployAsker(`${place.origin}/ccip/{sender}/{data}`),
    ]
    const policy = await policyFor(place.modelName)
    const input = Buffer.from(
      JSON.stringify({ ...JSON.parse(question('Say yes.').toString()), user: 'u'.repeat(5_000) }),
    )
    await expect(askByEthers(getting, input, policy)).rejects.toThrow(/at most 4096 bytes of data/)
    expect((await askByEthers(posting, input, policy)).length).toBeGreaterThan(0)
  })

  test('tries its next URL where a gateway does not answer', async () => {
    const contract = await deployAsker('http://127.0.0.1:9/ccip', `${place.origin}/ccip`)
    const policy = await policyFor(place.modelName)
    const input = question('Say something about the sea.')
    for (const ask of [askByEthers, askByViem]) {
      expect((await ask(contract, input, policy)).length).toBeGreaterThan(0)
    }
  })
})

test('a contract that asks a provable model gets its integers', async () => {
  const contract = await deployAsker(`${place.origin}/ccip`)
  const policy = await policyFor('tiny')
  const integers = [16, -32, 100]
  const input = encodeTensor(Int32Array.from(integers))
  for (const ask of [askByEthers, askByViem]) {
    const answer = await ask(contract, input, policy)
    expect(decodeTensor(answer)).toEqual(tinyAnswer(integers))
  }
})

describe('a forged answer', () => {
  const coder = AbiCoder.defaultAbiCoder()

  /** What the contract demands, and the second half of its call with a given response. */
  const demanding = async (contract: Contract, input: Uint8Array, policy: Policy) => {
    const called = new EthersContract(contract.address, contract.abi, provider)
    const fails = await called
      .getFunction('ask')
      .staticCall(input, policy)
      .catch((error: { readonly revert: { readonly args: readonly unknown[] } }) => error)
    const [, , callData, , extraData] = (
      fails as { readonly revert: { readonly args: readonly string[] } }
    ).revert.args
    if (callData === undefined || extraData === undefined) throw new Error('it did not look up')
    return {
      callData,
      take: (response: string): Promise<string> =>
        called.getFunction('onOffchainAnswer').staticCall(response, extraData) as Promise<string>,
    }
  }

  const responseTo = async (contract: Contract, data: string): Promise<string> => {
    const answer = await fetch(`${place.origin}/ccip`, {
      method: 'POST',
      body: JSON.stringify({ sender: contract.address, data }),
    })
    return ((await answer.json()) as { readonly data: string }).data
  }

  test('is refused: to another question, of another model, by another gateway, of too long ago', async () => {
    const contract = await deployAsker(`${place.origin}/ccip`)
    const policy = await policyFor(place.modelName)
    const asked = await demanding(contract, question('Is the sky blue?'), policy)
    const other = await demanding(contract, question('Is the sky green?'), policy)
    const answer = await responseTo(contract, asked.callData)
    expect((await asked.take(answer)).length).toBeGreaterThan(2)
    await expect(other.take(answer)).rejects.toThrow(/AnswerRefused/)

    const tiny = await policyFor('tiny')
    const demands: Readonly<Record<string, Policy>> = {
      model: { ...policy, modelId: tiny.modelId },
      gateway: { ...policy, gateway: place.devChain.addresses.contributorOperator },
      tiers: { ...policy, minTiers: 3 + 64 },
    }
    for (const demand of Object.values(demands)) {
      const { take } = await demanding(contract, question('Is the sky blue?'), demand)
      await expect(take(answer)).rejects.toThrow(/AnswerRefused/)
    }
    // The same answer, later than the policy's hour.
    const { rpc } = place.chain()
    const snapshot = await rpc.call('evm_snapshot', [])
    await rpc.call('evm_increaseTime', [4_000])
    await rpc.call('evm_mine', [])
    await expect(asked.take(answer)).rejects.toThrow(/AnswerRefused/)
    if (snapshot.ok) await rpc.call('evm_revert', [snapshot.value])
    expect((await asked.take(answer)).length).toBeGreaterThan(2)
  })

  test('with any bit of it turned gives no other content', async () => {
    const contract = await deployAsker(`${place.origin}/ccip`)
    const asked = await demanding(
      contract,
      question('Say a word.'),
      await policyFor(place.modelName),
    )
    const answer = getBytes(await responseTo(contract, asked.callData))
    const content = await asked.take(coder.encode(['bytes', 'bytes'], decoded(answer)))
    let refused = 0
    // Every word, at a bit that moves along.
    for (let at = 0; at < answer.length; at += 11) {
      const turned = Uint8Array.from(answer)
      turned[at] = (turned[at] ?? 0) ^ (1 << (at % 8))
      const taken = await asked.take(`0x${Buffer.from(turned).toString('hex')}`).then(
        (given) => given,
        () => undefined,
      )
      if (taken === undefined) refused += 1
      // Nobody reads the padding.
      else expect(taken).toBe(content)
    }
    expect(refused).toBeGreaterThan(100)
  })
  const decoded = (response: Uint8Array) => coder.decode(['bytes', 'bytes'], response)

  test('from a lying gateway is refused through ethers and viem alike', async () => {
    const honest = await deployAsker(`${place.origin}/ccip`)
    const policy = await policyFor(place.modelName)
    const { callData } = await demanding(honest, question('Is two more than one?'), policy)
    const [, packed] = decoded(getBytes(await responseTo(honest, callData)))
    const lie = coder.encode(['bytes', 'bytes'], [Buffer.from('No.'), packed])
    const liar = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ data: lie }))
    }).listen(0, '127.0.0.1')
    try {
      await new Promise((done) => liar.once('listening', done))
      const { port } = liar.address() as AddressInfo
      const contract = await deployAsker(`http://127.0.0.1:${port}`)
      const input = question('Is two more than one?')
      await expect(askByEthers(contract, input, policy)).rejects.toThrow(/AnswerRefused/)
      await expect(askByViem(contract, input, policy)).rejects.toThrow(/AnswerRefused/)
    } finally {
      liar.close()
      liar.closeAllConnections()
    }
  })
})
