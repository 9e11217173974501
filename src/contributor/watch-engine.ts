import { askEngine } from './ask-engine.ts'
import { engineAnswerTimeoutMs, engineLookMs, engineMissesMax } from './find-engine-limits.ts'

export type EngineWatch = { readonly isThere: () => boolean; readonly stop: () => void }

/** Looks now and then whether an engine answers; one miss is none, since a busy engine may be slow to say that it lives. */
export function watchEngine(terms: {
  /** OpenAI base URL, ending in `/v1`. */
  readonly baseUrl: string
  readonly apiKey: string | undefined
  /** Told when it went away, and when it came back. */
  readonly onChange: (isThere: boolean) => void
  readonly everyMs?: number
}): EngineWatch {
  const { baseUrl, apiKey, onChange, everyMs = engineLookMs } = terms
  const origin = baseUrl.replace(/\/v1$/, '')
  const question = { origin, path: '/v1/models', apiKey, timeLimitMs: engineAnswerTimeoutMs }
  let misses = 0
  let isThere = true
  let isStopped = false
  let timer: NodeJS.Timeout
  const look = async (): Promise<void> => {
    const answer = await askEngine(question)
    misses = answer?.status === 200 ? 0 : misses + 1
    const wasThere = isThere
    isThere = misses < engineMissesMax
    if (isStopped) return
    if (isThere !== wasThere) onChange(isThere)
    timer = setTimeout(() => void look(), everyMs)
  }
  timer = setTimeout(() => void look(), everyMs)
  return {
    isThere: () => isThere,
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
