import { ok } from '../base/result.ts'
import type { AnswerApi } from './answer-apis.ts'
import { answerStreamed } from './answer-streamed.ts'
import { answerWhole } from './answer-whole.ts'
import { type AnswerWork, choiceCountOf, planWork, usageOf } from './answer-work.ts'
import type { Answering } from './answering.ts'
import type { Engine } from './engine.ts'
import type { PlanAnswer, PlannedAnswer, RequestOutcome } from './planned-answer.ts'

/** Answers of text, streamed or in one piece. */
export const planText =
  (api: AnswerApi): PlanAnswer =>
  (engine, asked) => {
    const planned = planWork(engine, { ...asked, api })
    if (!planned.ok) return planned
    const work = planned.value
    return ok({
      job: work.job,
      slots: work.slots,
      inputHash: work.inputHash,
      wanted: wantedOf(engine, work),
      answer: (response, signal) => answerText({ engine, work, response, signal }),
    })
  }

const wantedOf = ({ model }: Engine, work: AnswerWork): PlannedAnswer['wanted'] => {
  const choiceCount = choiceCountOf(work)
  const { promptTokens } = usageOf(work, { cachedPromptTokens: 0, completionTokens: 0 })
  const completionTokens = choiceCount * work.request.completionTokensMax
  return {
    modelId: model.modelId,
    stream: work.request.stream,
    choiceCount,
    most: { promptTokens, completionTokens },
    commits: true,
  }
}

async function answerText(answering: Answering): Promise<RequestOutcome> {
  const { engine, work } = answering
  const { stream } = work.request
  const { finished, texts, ...counts } = await (stream ? answerStreamed : answerWhole)(answering)
  const [text = ''] = texts
  const next = finished && texts.length === 1 ? work.continued?.(text) : undefined
  if (next !== undefined) engine.promptReader.readAhead(next)
  return { outcome: finished ? 'complete' : 'client_gone', stream, ...usageOf(work, counts) }
}
