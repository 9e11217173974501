/*
 * The agent of one run: the engine, the models and the prices as they were found, the key that is in the folder, and the books
 * of jobs and of credit that lie beside it.
 */
import { join } from 'node:path'
import { completionTokensDefaultMax } from '../base/limits.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { type Agent, openAgent } from '../contributor/agent.ts'
import type { AgentLoad, AgentModel, AgentSigner, AgentTerms } from '../contributor/agent-terms.ts'
import type { TokenTelling } from '../contributor/asked-answer.ts'
import { type Credit, type CreditEvent, openCredit } from '../contributor/credit.ts'
import type { EngineKind } from '../contributor/find-engine-kinds.ts'
import type { FoundEngine } from '../contributor/find-engines.ts'
import { type JobBook, openJobBook } from '../contributor/job-book.ts'
import { OpeningFiles } from '../contributor/opening-files.ts'
import { writeCapacityReport } from '../domain/capacity-report.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { CommandFailure } from './command.ts'
import { type ContractBooks, openContractBooks } from './contribute-contracts.ts'
import type { OwnEngine } from './contribute-engine.ts'
import type { MetGateway } from './contribute-gateway.ts'
import type { ServedModel } from './contribute-models.ts'
import type { ContributeOptions } from './contribute-options.ts'
import type { ScreenEvent } from './contribute-screen.ts'
import { type ContributorFile, contributorPaths } from './contributor-file.ts'

/** Everything that was settled before anybody is served. */
export type Contribution = {
  readonly options: ContributeOptions
  readonly met: MetGateway
  readonly engine: OwnEngine
  readonly models: readonly ServedModel[]
  readonly file: ContributorFile
}

/** What the agent writes down; one process has them open. */
export type Books = {
  readonly credit: Credit
  readonly jobs: JobBook
  readonly contracts: ContractBooks
}

/** Throws CommandFailure where one cannot be read. */
export async function openBooks(
  contribution: Contribution,
  onEvent: (event: CreditEvent | ScreenEvent) => void,
): Promise<Books> {
  const { options, met, models, file } = contribution
  const paths = contributorPaths(options.folder)
  const [first] = models
  const credit = await openCredit({
    agreement: {
      gateway: file.gateway.operator,
      chainId: file.chain.chainId,
      settlement: file.chain.settlement,
      token: file.payout.token,
      receiver: file.payout.receiver,
      withdrawDelayMinS: file.payout.minWithdrawDelayS,
      // Each job says what it is paid by; this is for one that does not.
      prices: (first as ServedModel).prices,
      feeBps: met.terms.fee_bps,
    },
    rpc: met.rpc,
    limitAmount: file.creditLimit,
    file: paths.credit,
    onEvent,
    nowMs: Date.now,
  })
  if (!credit.ok) throw new CommandFailure(credit.error)
  const jobs = await openJobBook(join(options.folder, 'jobs'))
  if (!jobs.ok) throw new CommandFailure(jobs.error)
  const contracts = await openContractBooks(contribution, onEvent)
  return { credit: credit.value, jobs: jobs.value, contracts }
}

/** One agent for each signing key and each time that it takes up work: what drains does not begin again. */
export const agentOf = (
  contribution: Contribution,
  own: {
    readonly signingKey: PrivateKey
    readonly jobs: JobBook
    readonly credit: Credit | undefined
    readonly contracts?: ContractBooks | undefined
    readonly onJobEnd: AgentTerms['onJobEnd']
    readonly readGpus?: AgentTerms['readGpus']
  },
): Agent => {
  const { options, engine, models, file, met } = contribution
  const { apiKey, found } = engine
  const slots = slotsOf(contribution)
  own.contracts?.signWith(own.signingKey)
  return openAgent({
    engine: {
      baseUrl: found.baseUrl,
      kind: found.kind,
      // Others answer what they computed last in another order, or on another card, a little differently.
      isRepeatable: found.kind === 'vouch',
      tokens: tokenTellings[found.kind],
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    },
    models: models.map((model) => agentModelOf(model, contribution)),
    signer: signerOf(file, own.signingKey),
    gateway: met.terms.gateway,
    jobs: own.jobs,
    openings: new OpeningFiles(join(options.folder, 'openings'), Date.now),
    credit: own.credit,
    contractJobs: own.contracts?.jobs,
    slots,
    // As many as run wait for the next turn; who comes later is better served elsewhere.
    waitingMax: slots,
    region: options.region,
    readGpus: own.readGpus,
    onJobEnd: own.onJobEnd,
    nowMs: Date.now,
  })
}

/** Engines that tell the ids of their tokens when they are asked to, by their documentation of November 2026. */
const tokenTellings: Readonly<Partial<Record<EngineKind, TokenTelling>>> = {
  vouch: 'return_token_ids',
  vllm: 'return_token_ids',
  'llama-cpp': 'ids',
}

/** What a gateway is told while the engine is away. */
export const noCapacity = ({ running, waiting }: AgentLoad, region: string | undefined): string =>
  writeCapacityReport({
    ...{ running, waiting, slots: 0, draining: false, region, gpus: [], models: [] },
    ...{ tokensPerSecond: undefined, contextTokensMax: undefined },
  })

export const signerOf = (file: ContributorFile, privateKey: PrivateKey): AgentSigner => ({
  contributor: file.contributor,
  privateKey,
  domain: receiptDomain({
    chainId: file.chain.chainId,
    verifyingContract: file.chain.receiptVerifier,
  }),
})

export const agentModelOf = (
  { model, modelId, contextTokensMax, prices }: ServedModel,
  { options, engine }: Pick<Contribution, 'options' | 'engine'>,
): AgentModel => ({
  id: model.id,
  modelId,
  contextTokensMax,
  completionTokensMax: Math.min(completionTokensDefaultMax, contextTokensMax),
  endpoints: endpointsOf(engine.found),
  // With a point of its own each job is paid by the price that it names: models have prices of their own.
  asks: { floor: prices, points: options.curve ?? [{ load: 0, multiplier: 1 }] },
})

/** Of a server that nothing is known of, only what every one has. */
export const endpointsOf = ({
  kind,
  makesVectors,
}: Pick<FoundEngine, 'kind' | 'makesVectors'>): readonly Endpoint[] => [
  'chat/completions',
  ...(kind === 'openai' || kind === 'localai' ? [] : (['completions'] as const)),
  ...(makesVectors ? (['embeddings'] as const) : []),
]

/** Engines that compute many requests in one pass. */
const batching: readonly EngineKind[] = ['vllm', 'sglang', 'tgi']

/** As many as a person says, or as the engine does; else a modest number. */
export const slotsOf = ({ options, engine }: Contribution): number => {
  const { slots, kind } = engine.found
  return options.slots ?? slots ?? (batching.includes(kind) ? 32 : kind === 'vouch' ? 2 : 4)
}
