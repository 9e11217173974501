import { err, type Result } from '../base/result.ts'
import { coversTokens, noPrices } from '../domain/price-sheet.ts'
import { promptTokensAtMost } from '../domain/prompt-bound.ts'
import type { Bytes32 } from '../domain/units.ts'
import { type AgentParts, loadOf } from './agent-parts.ts'
import type { AgentModel } from './agent-terms.ts'
import type { AskedAnswer } from './asked-answer.ts'
import { askNow, isEnough } from './asked-prices.ts'
import { coordinatorNotAccepted } from './contract-job-refusal.ts'
import type { PayableJob } from './contract-jobs.ts'
import type { Job } from './job-headers.ts'
import type { WantedAnswer } from './judge-contract-job.ts'
import type { OpenAiRefusal } from './openai-refusal.ts'
import type { ToldAsk } from './read-contract-job.ts'

type NamedJob = {
  readonly job: Job
  readonly model: AgentModel
  readonly asked: AskedAnswer
  readonly inputHash: Bytes32
}

/** Whether a contract would pay what we ask of a gateway, as our own node says. */
export async function admitContractJob(
  parts: AgentParts,
  told: ToldAsk,
  { job, model, asked, inputHash }: NamedJob,
): Promise<Result<PayableJob, OpenAiRefusal>> {
  const { contractJobs, credit } = parts.terms
  if (contractJobs === undefined)
    return err(coordinatorNotAccepted(told, 'no contract is answered'))
  const hasOwnPrices = model.asks.points.length > 0
  const agreed = credit?.agreement.prices ?? noPrices
  return contractJobs.admit(
    told,
    { ...job, inputHash },
    {
      gateway: job.gateway,
      modelId: model.modelId,
      stream: asked.stream,
      choiceCount: asked.choiceCount,
      most: mostOf(asked, model),
      commits: commitsTokens(parts, asked),
      asks: hasOwnPrices ? askNow(model, loadOf(parts)) : agreed,
      accepts: (paid) =>
        hasOwnPrices
          ? isEnough(parts, { model, endpoint: asked.endpoint }, paid)
          : coversTokens(paid, agreed),
    },
  )
}

/** By every bound that is known. What a tensor comes to is the model's own and small, so it is left out. */
function mostOf(
  { endpoint, prompt, completionTokensMax }: AskedAnswer,
  { contextTokensMax = Number.MAX_SAFE_INTEGER, ...model }: AgentModel,
): WantedAnswer['most'] {
  if (endpoint === 'inference') return { promptTokens: prompt.promptBytes, completionTokens: 0 }
  const promptTokens = promptTokensAtMost(prompt, contextTokensMax)
  if (endpoint === 'embeddings') return { promptTokens, completionTokens: 0 }
  const completionTokens = completionTokensMax ?? model.completionTokensMax ?? contextTokensMax
  return { promptTokens, completionTokens: Math.min(completionTokens, contextTokensMax) }
}

const commitsTokens = ({ terms: { openings, engine } }: AgentParts, asked: AskedAnswer): boolean =>
  openings !== undefined && engine.tokens !== undefined && asked.endpoint === 'chat/completions'
