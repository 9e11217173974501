/*
 * A gateway that has answers of the fixture's model proven: by a prover that a test tells what to do, over real stores and sockets.
 */
import { join } from 'node:path'
import type { TensorTerms } from '../../src/domain/tensor-terms.ts'
import { bytes32 } from '../../src/domain/units.ts'
import { ProvingDesk, type ProvingTerms } from '../../src/proving/proving-desk.ts'
import type { ProofJobStore } from '../../src/store/proof-job-store.ts'
import { openSqliteProofJobs } from '../../src/store/proof-job-store-sqlite.ts'
import { followBooks, type NewEntries } from './books.ts'
import { temporaryFolder } from './embedded-chain.ts'
import { startGatewayOnLedger, type TestGateway } from './gateway-on-ledger.ts'
import { type ScriptedProver, scriptedProver } from './scripted-prover.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { type SigningUpstream, signingUpstream } from './signing-upstream.ts'
import { answerTensors, tinyOffer, tinyTensors } from './tensor-upstream.ts'

export const provableTensors: TensorTerms = {
  ...tinyTensors,
  proof: {
    system: 'groth16',
    circuit: 'tiny',
    vkHash: bytes32(`0x${'7f'.repeat(32)}`),
    setup: 'dev-insecure',
    folder: '/nowhere',
    costs: {},
  },
}

export const usualBounds: ProvingTerms['bounds'] = {
  concurrency: 1,
  queueMax: 4,
  queuePerAccountMax: 2,
  timeoutMs: 600_000,
}

export const silentLog: ProvingTerms['log'] = { info: () => {}, error: () => {} }

export type ProvingPlace = {
  readonly upstream: ScriptedUpstream
  readonly signer: SigningUpstream
  readonly gateway: TestGateway
  readonly prover: ScriptedProver
  readonly desk: ProvingDesk
  readonly store: ProofJobStore
  readonly newEntries: () => Promise<NewEntries>
  readonly close: () => Promise<void>
}

export async function openProvingPlace(
  terms: Partial<ProvingTerms['bounds']> & { readonly nowMs?: () => number } = {},
): Promise<ProvingPlace> {
  const folder = temporaryFolder()
  const signer = signingUpstream()
  const upstream = await startScriptedUpstream(answerTensors(signer))
  const prover = scriptedProver()
  const { nowMs = Date.now, ...bounds } = terms
  const store = openSqliteProofJobs(join(folder.path, 'proofs.db'), { retentionMs: 3_600_000 })
  const desk = new ProvingDesk({
    ...{ store, prover, nowMs, log: silentLog },
    bounds: { ...usualBounds, ...bounds },
  })
  await desk.start()
  const gateway = await startGatewayOnLedger({
    upstreams: [
      {
        id: 'signs',
        baseUrl: upstream.baseUrl,
        identity: signer.identity,
        offer: { ...tinyOffer, tensors: provableTensors },
      },
      { id: 'chats', baseUrl: upstream.baseUrl },
    ],
    proving: desk,
  })
  return {
    ...{ upstream, signer, gateway, prover, desk, store },
    newEntries: followBooks(gateway),
    close: async () => {
      desk.endAll()
      await gateway.books()
      await desk.stop()
      await gateway.stop()
      await upstream.close()
      await store.close()
      folder.remove()
    },
  }
}

/** A job as it is told. */
export type ToldJob = {
  readonly id: string
  readonly status: string
  readonly position: number | null
  readonly progress: { readonly stage: string } | null
  readonly error: { readonly code: string } | null
  readonly proof: { readonly publicInputs: readonly string[] } | null
  readonly answer: { readonly output: readonly number[] } | null
  readonly receipt: {
    readonly receipt: {
      readonly tiers: number
      readonly cost: string
      readonly responseHash: string
    }
    readonly evidence?: { readonly proof?: unknown }
  } | null
}

export type ToldAnswer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: ToldJob & { readonly error: { readonly code: string } | null }
}

type Asker = Pick<TestGateway, 'origin' | 'apiKey'>

export async function askProof(
  { origin, apiKey }: Asker,
  fields: Readonly<Record<string, unknown>> = {},
  more: { readonly signal?: AbortSignal; readonly headers?: Record<string, string> } = {},
): Promise<ToldAnswer> {
  const response = await fetch(`${origin}/v1/inference/tiny`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      ...more.headers,
    },
    body: JSON.stringify({ input: [1, -2, 6.25], attestation: { mode: 'zk' }, ...fields }),
    ...(more.signal && { signal: more.signal }),
  })
  return told(response)
}

export const askJob = async (
  { origin, apiKey }: Asker,
  id: string,
  method: 'GET' | 'DELETE' = 'GET',
): Promise<ToldAnswer> =>
  told(
    await fetch(`${origin}/v1/proofs/${id}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}` },
    }),
  )

async function told(response: Response): Promise<ToldAnswer> {
  const text = await response.text()
  const { status, headers } = response
  const isJson = headers.get('content-type')?.includes('json') === true
  return { status, headers, text, json: isJson ? JSON.parse(text) : {} }
}
