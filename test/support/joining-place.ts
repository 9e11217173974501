/*
 * A `vouch serve` that lets registered contributors join, on a real chain with a treasury that pays them; and contributors with
 * accounts of their own there, each with an agent in front of a scripted engine.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { contributorDomain } from '../../src/chain/payout-typed-data.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openSender, sendCall } from '../../src/chain/transactions.ts'
import { type Agent, openAgent } from '../../src/contributor/agent.ts'
import { startAgentServer } from '../../src/contributor/agent-server.ts'
import { answerGreeting } from '../../src/contributor/answer-greeting.ts'
import { dialGateway } from '../../src/contributor/dial-gateway.ts'
import { openJobBook } from '../../src/contributor/job-book.ts'
import {
  type JoinablePlace,
  joinablePlaceOf,
  readJoiningTerms,
} from '../../src/contributor/join-gateway.ts'
import type { RemoteJoiningTerms } from '../../src/contributor/joining-answers.ts'
import { TunnelExchanges } from '../../src/contributor/tunnel-exchanges.ts'
import type { DevChain } from '../../src/dev/bootstrap-chain.ts'
import { devContractHandles } from '../../src/dev/dev-contracts.ts'
import { registerOperator } from '../../src/dev/register-operator.ts'
import { type Address, atomic, bytes32, unixSecondsOf } from '../../src/domain/units.ts'
import { expectOk } from './dev-chain.ts'
import { startServe } from './dev-process.ts'
import { openPaying, type Served, servedBy } from './lending-place.ts'
import { openServeConfig, type ServeConfig } from './serve-config.ts'

/** What is served under the name that the operator's list has, and what is not. */
export const joinedModelId = bytes32(`0x${'4d'.repeat(32)}`)

const joiningSection = `joining:
  open: true
  approval: false
  allowHttp: true
  allowPrivateNetworks: true
  models:
    - id: joined-model
      price: { promptPerMtok: '1000', completionPerMtok: '2000' }
`

export type JoiningPlace = ServeConfig & {
  readonly adminTokenFile: string
  /** The configuration with joining open; what is given stands in the place of its section. */
  readonly configOf: (joining?: string, change?: (text: string) => string) => string
  readonly start: (configPath?: string) => Promise<Served>
  /** An account that is registered with a stake and a key, and is paid to itself. */
  readonly register: (options?: { readonly isPaid?: boolean }) => Promise<Registered>
}

export type Registered = {
  readonly operator: Address
  readonly operatorKey: PrivateKey
  readonly signingKey: PrivateKey
  /** A transaction of the operator to the ContributorRegistry. */
  readonly order: (functionName: string, ...args: readonly unknown[]) => Promise<void>
  readonly registerPayout: () => Promise<void>
}

export async function openJoiningPlace(): Promise<JoiningPlace> {
  const config = await openServeConfig()
  const { adminTokenFile, sections } = openPaying(config)
  const configOf: JoiningPlace['configOf'] = (joining = joiningSection, change = (text) => text) =>
    config.yaml((text) => change(`${text}${sections}${joining}`))
  return {
    ...config,
    adminTokenFile,
    configOf,
    start: async (path = configOf()) => servedBy(await startServe(path)),
    register: (options = {}) => register(config.devChain, options),
  }
}

const gasMoney = `0x${(10n ** 20n).toString(16)}`

/** An account of its own on a chain, with a stake, a key and, unless it is said otherwise, a payout. */
export async function register(
  { rpcUrl, chainId, contracts }: DevChain,
  { isPaid = true }: { readonly isPaid?: boolean } = {},
): Promise<Registered> {
  const rpc = jsonRpc(rpcUrl)
  const [operatorKey, signingKey] = [randomPrivateKey(), randomPrivateKey()]
  const operator = openSender({ rpc, chainId, privateKey: operatorKey })
  expectOk(await rpc.call('anvil_setBalance', [operator.address, gasMoney]))
  const { asset, contributorRegistry: registry } = devContractHandles(contracts)
  expectOk(
    await registerOperator({
      ...{ rpc, asset, registry, operator, endpoint: 'test' },
      signingKey: addressOfPrivateKey(signingKey),
      activeFrom: unixSecondsOf(Date.now() - 600_000),
    }),
  )
  const order: Registered['order'] = async (functionName, ...args) => {
    expectOk(await sendCall(operator, { contract: registry, functionName, args }))
  }
  const registerPayout = (): Promise<void> => {
    const payout = {
      contributor: operator.address,
      payoutChainId: chainId,
      payoutToken: contracts.asset,
      payoutReceiver: operator.address,
      minWithdrawDelay: 900,
      validUntil: unixSecondsOf(Date.now() + 3_600_000),
      nonce: 0,
    }
    return order('registerPayout', payout, '0x')
  }
  if (isPaid) await registerPayout()
  return { operator: operator.address, operatorKey, signingKey, order, registerPayout }
}

/** Where a gateway's contributors join, as it says itself. */
export async function joinableAt(
  origin: string,
): Promise<{ readonly terms: RemoteJoiningTerms; readonly place: JoinablePlace }> {
  const terms = expectOk(await readJoiningTerms(origin))
  return { terms, place: joinablePlaceOf(origin, terms) }
}

export const offeredModel = {
  id: 'joined-model',
  upstreamId: 'm',
  modelId: joinedModelId,
  contextTokensMax: 8192,
  price: { promptPerMtok: '500', completionPerMtok: '1000' },
} as const

/** What it reports that it asks: the same as in its terms, however busy it is. */
const asks = {
  floor: {
    promptAtomicPerMtok: atomic(500_000_000n),
    cachedPromptAtomicPerMtok: atomic(500_000_000n),
    completionAtomicPerMtok: atomic(1_000_000_000n),
  },
  points: [],
}

type Joinable = Awaited<ReturnType<typeof joinableAt>>
type Engine = { readonly baseUrl: string }

/** An agent of a contributor, which answers a gateway's jobs from an engine. */
async function openMemberAgent(
  { terms }: Joinable,
  { operator, workKey }: { readonly operator: Address; readonly workKey: PrivateKey },
  engine: Engine,
): Promise<{ readonly agent: Agent; readonly close: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-joined-'))
  const jobs = expectOk(await openJobBook(join(folder, 'jobs')))
  const { chain_id: chainId, receipt_verifier: verifyingContract } = terms.chain
  const agent = openAgent({
    engine,
    models: [{ id: offeredModel.upstreamId, modelId: joinedModelId, asks }],
    signer: {
      contributor: operator,
      privateKey: workKey,
      domain: receiptDomain({ chainId, verifyingContract }),
    },
    gateway: terms.gateway,
    jobs,
    slots: 8,
    waitingMax: 8,
    onJobEnd: () => {},
    nowMs: Date.now,
  })
  return {
    agent,
    close: async () => {
      await agent.close()
      await jobs.close()
      rmSync(folder, { recursive: true })
    },
  }
}

export type DialledIn = {
  /** Lines of what became of its connection. */
  readonly lost: string[]
  readonly stop: () => Promise<void>
}

/** One that opens the connection itself. `workKey` signs its Works: another key than the registered, of who forges. */
export async function dialIn(
  joinable: Joinable,
  { operator, signingKey }: Pick<Registered, 'operator' | 'signingKey'>,
  engine: Engine,
  workKey: PrivateKey = signingKey,
): Promise<DialledIn> {
  const { terms, place } = joinable
  const { agent, close } = await openMemberAgent(joinable, { operator, workKey }, engine)
  const exchanges = new TunnelExchanges(agent, 20_000)
  const lost: string[] = []
  const { chainId, contributorRegistry: verifyingContract } = place
  const keys = {
    domain: contributorDomain({ chainId, verifyingContract }),
    gateway: terms.gateway,
    gatewayKeys: terms.gateway_keys,
    contributor: operator,
    signingKey,
  }
  const dialling = dialGateway({
    url: new URL(terms.tunnel, place.origin),
    contributor: operator,
    onSession: (session, nonce) => {
      exchanges.serve(session, (text) => {
        const answer = answerGreeting(keys, nonce, text)
        if (answer.ok) dialling.accepted()
        return answer
      })
    },
    onLost: (why) => lost.push(why),
    silenceMs: 30_000,
    random: () => 0,
  })
  return {
    lost,
    stop: async () => {
      dialling.stop()
      exchanges.close()
      await close()
    },
  }
}

/** One that the gateway dials, and that wants to be shown a secret. Answers its base URL. */
export async function listenFor(
  joinable: Joinable,
  { operator, signingKey }: Pick<Registered, 'operator' | 'signingKey'>,
  engine: Engine,
  secret: string,
): Promise<{ readonly baseUrl: string; readonly stop: () => Promise<void> }> {
  const member = { operator, workKey: signingKey }
  const { agent, close } = await openMemberAgent(joinable, member, engine)
  const server = await startAgentServer(agent, { host: '127.0.0.1', port: 0, secret })
  return {
    baseUrl: `${server.url}/v1`,
    stop: async () => {
      await server.stop()
      await close()
    },
  }
}
