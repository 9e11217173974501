import type { PrivateKey } from '../chain/private-key.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { ReportedGpu } from '../domain/capacity-report.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { UpstreamTimeouts } from '../upstream/upstream-pools.ts'
import type { TokenTelling } from './asked-answer.ts'
import type { ContractJobs } from './contract-jobs.ts'
import type { Credit } from './credit.ts'
import type { EngineKind } from './find-engine-kinds.ts'
import type { JobBook } from './job-book.ts'
import type { OpeningFiles } from './opening-files.ts'
import type { PriceCurve } from './price-curve.ts'
import type { JobOutcome } from './running-job.ts'

/** Any server that speaks the OpenAI API. */
export type AgentEngine = {
  /** Its OpenAI base URL, ending in `/v1`. */
  readonly baseUrl: string
  /** Where it is known, what else the engine tells is read, too: how many requests of others it has. */
  readonly kind?: EngineKind | undefined
  /**
   * A job without a seed gets its first four bytes as one, so that whoever has the Work and the prompt can repeat the answer:
   * for engines that repeat themselves bit for bit.
   */
  readonly isRepeatable?: boolean | undefined
  /** How it tells the ids of its tokens; undefined where it does not. Of what it tells, a chat's Work commits to the tokens. */
  readonly tokens?: TokenTelling | undefined
  /** Value of the authorization header where the engine wants one, such as `Bearer …`. */
  readonly authorization?: string | undefined
  readonly timeouts?: Partial<UpstreamTimeouts>
}

/** One model of the engine as the gateway knows it. */
export type AgentModel = {
  /** The engine's own name for it: what a request says as `model`. */
  readonly id: string
  /** keccak256 of its manifest: what a job names. A job of another is refused. */
  readonly modelId: Bytes32
  /** What it can be asked; undefined: a chat completion alone. Others than those that are text or vectors are refused. */
  readonly endpoints?: readonly Endpoint[] | undefined
  readonly contextTokensMax?: number | undefined
  /** Tokens of one choice where a request sets no bound of its own: nobody pays for more than its gateway held. */
  readonly completionTokensMax?: number | undefined
  /** What is asked for it by how busy we are, in atomic units of the gateway's home asset per million tokens. */
  readonly asks: PriceCurve
}

/** How busy the agent is. */
export type AgentLoad = {
  readonly running: number
  readonly waiting: number
  readonly slots: number
}

/** Whose Work it is, and the key that signs it. */
export type AgentSigner = {
  /** The operator's account; the key may be another one that the registry ties to it. */
  readonly contributor: Address
  readonly privateKey: PrivateKey
  /** `receiptDomain` of the chain's ReceiptVerifier. */
  readonly domain: DomainSeparator
}

export type AgentTerms = {
  readonly engine: AgentEngine
  readonly models: readonly AgentModel[]
  readonly signer: AgentSigner
  /** Operator account of the one gateway that is worked for. */
  readonly gateway: Address
  readonly jobs: JobBook
  /** Where what opens commitments is kept; without it nothing is committed to. */
  readonly openings?: Pick<OpeningFiles, 'keep' | 'of'> | undefined
  /** Undefined for who is paid in another way, or not at all. */
  readonly credit?: Credit | undefined
  /** Undefined for who answers no contracts. */
  readonly contractJobs?: ContractJobs | undefined
  /** Requests that the engine is asked at the same time, and how many more wait here before one is told to go elsewhere. */
  readonly slots: number
  readonly waitingMax: number
  /** How long a stream is silent at most, before its first event. */
  readonly awakeMs?: number | undefined
  /** Where it computes, such as `eu`. */
  readonly region?: string | undefined
  /** Without it none is reported. Never rejects. */
  readonly readGpus?: (() => Promise<readonly ReportedGpu[]>) | undefined
  /** Told of each job that ended, however it ended: counts, durations and reasons, never a word of prompt or answer. */
  readonly onJobEnd: (ended: AgentJobEnd) => void
  readonly nowMs: () => number
}

/** One line of what was done. */
export type AgentJobEnd = JobOutcome & {
  readonly endpoint: Endpoint
  readonly durationMs: number
}
