/*
 * What auditors may ask and report. Nothing that is opened here was chosen here: draw-batch.ts computes what the chain
 * demands, and whoever asks computes the same.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { SignedVerdict } from '../domain/audit.ts'
import type { AuditRefusal, GatewayRefusal } from '../domain/refusal.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import type { KeptVerdict } from '../store/verdict-store.ts'
import { type AuditorTerms, askingAuditor, checkVerdict } from './auditor-orders.ts'
import type { DrawBatch, DrawnBatch } from './draw-batch.ts'
import type { ScoreTerms } from './judge-verdicts.ts'
import { openSamples, type SampleSources, type SamplesPage } from './open-samples.ts'
import type { JudgedModel, VerdictBook } from './verdict-book.ts'

type AuditPolicy = ScoreTerms & {
  readonly ratePpm: number
  readonly retentionS: number
}

type StoreUnavailable = Extract<GatewayRefusal, { readonly reason: 'store_unavailable' }>
type Failure = AuditRefusal | GatewayRefusal

/** Samples of one batch, with what chose them. */
type BatchSamples = SamplesPage & { readonly batch: DrawnBatch }

export type DisclosureStep = {
  readonly policy: AuditPolicy
  /** What of a batch is to be opened, for the auditor that sent `Authorization: Vouch …`. */
  readonly batch: (
    authorization: string | undefined,
    number: number,
  ) => Promise<Result<DrawnBatch, Failure>>
  readonly samples: (
    authorization: string | undefined,
    asked: { readonly number: number; readonly afterIndex: number },
  ) => Promise<Result<BatchSamples, Failure>>
  /** Takes the same verdict twice without another effect. */
  readonly report: (signed: SignedVerdict) => Promise<Result<KeptVerdict, Failure>>
  /** For everybody; the newest first. */
  readonly verdicts: VerdictBook['verdicts']
  /** Everybody of whom the verdicts say something. */
  readonly judged: () => readonly JudgedModel[]
  /** Whether enough auditors say, and none too long ago, that this contributor serves this model. */
  readonly isAudited: (contributor: Address, modelId: Bytes32, nowS: number) => boolean
}

export type DisclosureDeps = Omit<AuditorTerms, 'auditors' | 'verdictValidS'> & {
  readonly policy: AuditPolicy
  /** Undefined where no log is kept: then nothing is drawn. */
  readonly draw: DrawBatch | undefined
  readonly sources: Omit<SampleSources, 'retentionS' | 'nowMs'>
  readonly book: VerdictBook
}

export function createDisclosureStep(deps: DisclosureDeps): DisclosureStep {
  const { policy, draw, book, nowMs } = deps
  const terms = { ...deps, ...policy }
  const sources = { ...deps.sources, retentionS: policy.retentionS, nowMs }
  const drawFor = async (
    authorization: string | undefined,
    number: number,
  ): Promise<Result<DrawnBatch, Failure>> => {
    const auditor = askingAuditor(terms, authorization)
    if (!auditor.ok) return auditor
    return draw === undefined ? err({ reason: 'audit_batch_not_found' }) : draw(number)
  }
  return {
    policy,
    batch: (authorization, number) => orStoreRefusal(() => drawFor(authorization, number)),
    samples: (authorization, { number, afterIndex }) =>
      orStoreRefusal<BatchSamples, Failure>(async () => {
        const batch = await drawFor(authorization, number)
        if (!batch.ok) return batch
        return ok({ batch: batch.value, ...(await openSamples(sources, batch.value, afterIndex)) })
      }),
    report: (signed) =>
      orStoreRefusal<KeptVerdict, Failure>(async () => {
        const checked = checkVerdict(terms, signed)
        if (!checked.ok) return checked
        const put = await book.add(checked.value)
        return put === 'conflict' ? err({ reason: 'verdict_conflict' }) : checked
      }),
    verdicts: (asked) => book.verdicts(asked),
    judged: () => book.judged,
    isAudited: (contributor, modelId, nowS) => {
      const standing = book.standing(contributor, modelId)
      return standing?.outcome === 'passed' && nowS < standing.until
    },
  }
}

/** A store that failed is a refusal to whoever asked. */
async function orStoreRefusal<T, E>(
  act: () => Promise<Result<T, E>>,
): Promise<Result<T, E | StoreUnavailable>> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof StoreFailure) return err({ reason: 'store_unavailable' })
    throw error
  }
}
