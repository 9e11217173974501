/*
 * A gateway, and an agent that dials in to it from behind a router, before any engine that runs already: the whole way of a
 * request but for the chain.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyTypedData } from 'ethers'
import { expect } from 'vitest'
import { contributorDomain } from '../../src/chain/payout-typed-data.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { type Agent, openAgent } from '../../src/contributor/agent.ts'
import { answerGreeting } from '../../src/contributor/answer-greeting.ts'
import { type Dialling, dialGateway } from '../../src/contributor/dial-gateway.ts'
import { openJobBook } from '../../src/contributor/job-book.ts'
import { TunnelExchanges } from '../../src/contributor/tunnel-exchanges.ts'
import type { Work } from '../../src/domain/receipt.ts'
import { atomic, type Bytes32 } from '../../src/domain/units.ts'
import { type Answer, ask } from './ask.ts'
import { followBooks, type NewEntries } from './books.ts'
import {
  startGatewayOnLedger,
  type TestGateway,
  testContributorRegistry,
  testDomain,
} from './gateway-on-ledger.ts'
import { solidityTypes } from './solidity-types.ts'

export type FarAgent = {
  readonly gateway: TestGateway
  readonly newEntries: () => Promise<NewEntries>
  /** Answered, signed by the agent, with a receipt for the very bytes. */
  readonly askSigned: (fields: Readonly<Record<string, unknown>>) => Promise<SignedAnswer>
  readonly close: () => Promise<void>
}

export type SignedAnswer = { readonly answer: Answer; readonly work: Work }

const free = {
  promptAtomicPerMtok: atomic(0n),
  cachedPromptAtomicPerMtok: atomic(0n),
  completionAtomicPerMtok: atomic(0n),
}

/** Callers ask for the model as `m`. */
export async function openFarAgent(served: {
  /** The engine's, ending in `/v1`. */
  readonly baseUrl: string
  readonly model: string
  readonly modelId: Bytes32
  readonly contextTokensMax: number
  readonly slots: number
}): Promise<FarAgent> {
  const { baseUrl, model, modelId, contextTokensMax, slots } = served
  const folder = mkdtempSync(join(tmpdir(), 'vouch-far-agent-'))
  const key = randomPrivateKey()
  const operator = addressOfPrivateKey(key)
  const gateway = await startGatewayOnLedger({
    upstreams: [
      {
        id: 'far',
        baseUrl: `tunnel://${operator}/v1`,
        identity: { operator, signingAddresses: [operator] },
        offer: { modelName: 'm', upstreamModelName: model, modelId },
      },
    ],
  })
  const jobs = await openJobBook(join(folder, 'jobs'))
  if (!jobs.ok) throw new Error(jobs.error)
  const agent = openAgent({
    engine: { baseUrl },
    models: [{ id: model, modelId, contextTokensMax, asks: { floor: free, points: [] } }],
    signer: { contributor: operator, privateKey: key, domain: testDomain },
    gateway: gateway.operator,
    jobs: jobs.value,
    slots,
    waitingMax: 4,
    onJobEnd: () => {},
    nowMs: Date.now,
  })
  const hangUp = await dialIn({ agent, gateway, key })
  const newEntries = followBooks(gateway)
  return {
    gateway,
    newEntries,
    askSigned: async (fields) => {
      const answer = await ask(gateway, fields)
      expect(answer.status).toBe(200)
      const { receipts } = await newEntries()
      const [document] = receipts
      if (document === undefined || receipts.length > 1) throw new Error('not one receipt')
      const { domain, contributorSignature, receipt, usage } = document
      const { work, responseHash } = receipt
      const signer = verifyTypedData(domain, solidityTypes.Work, work, contributorSignature)
      expect(signer.toLowerCase()).toBe(operator)
      expect(work).toMatchObject({ status: 0, modelId, contributor: operator })
      expect(usage.source).toBe('reported')
      expect(responseHash).toBe(`0x${createHash('sha256').update(answer.text).digest('hex')}`)
      return { answer, work }
    },
    close: async () => {
      hangUp()
      await gateway.stop()
      await agent.close()
      await jobs.value.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Resolves when the gateway knows who we are. */
function dialIn(terms: {
  readonly agent: Agent
  readonly gateway: TestGateway
  readonly key: ReturnType<typeof randomPrivateKey>
}): Promise<() => void> {
  const { agent, gateway, key } = terms
  const contributor = addressOfPrivateKey(key)
  const exchanges = new TunnelExchanges(agent, 20_000)
  const keys = {
    domain: contributorDomain({ chainId: 31337, verifyingContract: testContributorRegistry }),
    gateway: gateway.operator,
    gatewayKeys: [gateway.operator],
    contributor,
    signingKey: key,
  }
  return new Promise((resolve) => {
    const dialling: Dialling = dialGateway({
      url: new URL(`${gateway.origin}/v1/contributors/tunnel`),
      contributor,
      onSession: (session, nonce) => {
        dialling.accepted()
        exchanges.serve(session, (text) => {
          resolve(() => {
            dialling.stop()
            exchanges.close()
          })
          return answerGreeting(keys, nonce, text)
        })
      },
      onLost: () => {},
      silenceMs: 20_000,
      random: () => 0,
    })
  })
}
