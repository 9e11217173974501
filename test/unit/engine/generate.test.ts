import { beforeAll, describe, expect, test } from 'vitest'
import { type DecodingBatch, openDecodingBatch } from '../../../src/engine/decoding-batch.ts'
import {
  type GeneratedToken,
  type GenerationEnd,
  type GenerationOptions,
  generate,
} from '../../../src/engine/generate.ts'
import { type ChoiceEvent, generateChoices } from '../../../src/engine/generate-choices.ts'
import type { LanguageModel } from '../../../src/engine/load-model.ts'
import { openPrefixCache, type PrefixCache } from '../../../src/engine/prefix-cache.ts'
import { promptTokens } from '../../../src/engine/prompt-tokens.ts'
import {
  openPromptReader,
  type PromptReader,
  type ReadPrompt,
} from '../../../src/engine/read-prompt.ts'
import { loadBuiltInModel } from '../../support/built-in-model.ts'

const blockTokens = 32
const patient = new AbortController().signal
let model: LanguageModel
let batch: DecodingBatch

beforeAll(async () => {
  model = await loadBuiltInModel()
  batch = openDecodingBatch({ decoder: model.decoder, shape: model.config, rowsMax: 4 })
})

const prefixCache = (mebibytes: number): PrefixCache =>
  openPrefixCache({ shape: model.config, blockTokens, bytesMax: mebibytes * 1024 * 1024 })

const readerWith = (cache: PrefixCache, isIdle = () => true): PromptReader =>
  openPromptReader({
    decoder: model.decoder,
    shape: model.config,
    prefixCache: cache,
    blockTokens,
    isIdle,
  })

function tokensOf(content: string): readonly number[] {
  const tokens = promptTokens(model, [{ role: 'user', content }])
  if (!tokens.ok) throw new Error('the prompt is too long')
  return tokens.value
}

async function read(tokens: readonly number[], cache = prefixCache(0)): Promise<ReadPrompt> {
  const prompt = await readerWith(cache).read(tokens, patient)
  if (prompt === undefined) throw new Error('nobody left')
  return prompt
}

/** Free text that never ends by itself: the end token is banned. */
function options(change: Partial<GenerationOptions> = {}): GenerationOptions {
  return {
    sampling: {
      temperature: 1,
      topP: 1,
      presencePenalty: 0,
      frequencyPenalty: 0,
      logitBias: new Map([[model.config.endTokenId, -100]]),
    },
    stopStrings: [],
    completionTokensMax: 24,
    seed: 5n,
    topLogprobs: undefined,
    signal: patient,
    ...change,
  }
}

type Answer = {
  readonly text: string
  readonly tokens: GeneratedToken[]
  readonly end: GenerationEnd
}

async function answer(prompt: ReadPrompt, given: GenerationOptions): Promise<Answer> {
  const steps = generate({ model, batch }, prompt, given)
  const tokens: GeneratedToken[] = []
  let text = ''
  for (;;) {
    const step = await steps.next()
    if (step.done) return { text, tokens, end: step.value }
    text += step.value.text
    tokens.push(...step.value.tokens)
  }
}

const idsOf = ({ tokens }: Answer): number[] => tokens.map(({ tokenId }) => tokenId)

describe('generate', () => {
  test('the same seed gives the same tokens and logprobs bit for bit', async () => {
    const prompt = await read(tokensOf('Tell me something.'))
    const given = options({ topLogprobs: 5, completionTokensMax: 40 })
    const first = await answer(prompt, given)
    expect(await answer(await read(tokensOf('Tell me something.')), given)).toEqual(first)
    const other = await answer(prompt, { ...given, seed: 6n })
    expect(idsOf(other)).not.toEqual(idsOf(first))
  })

  test('ends with length at the limit, and the text is that of its tokens', async () => {
    const { text, tokens, end } = await answer(await read(tokensOf('Hello')), options())
    expect(end).toEqual({ finishReason: 'length', completionTokens: 24 })
    const bytes = tokens.map(({ tokenId }) => model.tokenizer.bytesOf(tokenId) ?? Buffer.of())
    const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(bytes), {
      stream: true,
    })
    expect(text).toBe(whole)
    expect(tokens).toHaveLength(24)
  })

  test('ends with stop at the end token, which is neither text nor counted', async () => {
    const { endTokenId } = model.config
    const forced = { ...options().sampling, logitBias: new Map([[endTokenId, 100]]) }
    const ended = await answer(await read(tokensOf('Hello')), options({ sampling: forced }))
    expect(ended).toEqual({
      text: '',
      tokens: [],
      end: { finishReason: 'stop', completionTokens: 0 },
    })
  })

  test('no mark of the template is ever sampled', async () => {
    const marks = ['<|system|>', '<|user|>', '<|assistant|>'].flatMap((mark) =>
      model.tokenizer.encodeTemplate(mark),
    )
    expect(marks).toHaveLength(3)
    const wished = { ...options().sampling, logitBias: new Map(marks.map((id) => [id, 100])) }
    const { tokens } = await answer(await read(tokensOf('Hi')), options({ sampling: wished }))
    expect(tokens.some(({ tokenId }) => marks.includes(tokenId))).toBe(false)
  })

  test('stops at a stop string, which is not given out but was generated', async () => {
    const prompt = await read(tokensOf('Tell me something.'))
    const free = await answer(prompt, options())
    const stop = [...free.text].slice(10, 14).join('')
    const stopped = await answer(prompt, options({ stopStrings: [stop] }))
    expect(stopped.text).toBe(free.text.slice(0, free.text.indexOf(stop)))
    expect(stopped.end.finishReason).toBe('stop')
    expect(stopped.end.completionTokens).toBeLessThanOrEqual(free.end.completionTokens)
    expect(stopped.end.completionTokens).toBeGreaterThanOrEqual(stopped.tokens.length)
  })

  test('ends with length where the context is full, whatever more was allowed', async () => {
    const { contextTokensMax } = model.config
    const prompt = await read(tokensOf('7'.repeat(contextTokensMax - 9)))
    expect(prompt.sequence.tokens).toBe(contextTokensMax - 6)
    const { end } = await answer(prompt, options({ completionTokensMax: contextTokensMax }))
    expect(end).toEqual({ finishReason: 'length', completionTokens: 6 })
  })

  test('penalties drive out what was said', async () => {
    const prompt = await read(tokensOf('Tell me something.'))
    const repeats = async (frequencyPenalty: number): Promise<number> => {
      const sampling = { ...options().sampling, temperature: 0, frequencyPenalty }
      const ids = idsOf(await answer(prompt, options({ sampling, completionTokensMax: 60 })))
      return ids.length - new Set(ids).size
    }
    // An invitation to repeat and a ban on it, on either side of the plain answer.
    expect(await repeats(-2)).toBeGreaterThan(await repeats(2))
  })

  test('logprobs: alternatives sum to one at most and agree with the sampled token', async () => {
    const prompt = await read(tokensOf('Hello'))
    const { tokens } = await answer(prompt, options({ topLogprobs: 20 }))
    for (const { tokenId, logprobs } of tokens) {
      const top = logprobs?.top ?? []
      expect(top).toHaveLength(20)
      const mass = top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)
      expect(mass).toBeLessThanOrEqual(1 + 1e-9)
      const own = top.find((alternative) => alternative.tokenId === tokenId)
      if (own !== undefined) expect(own.logprob).toBe(logprobs?.logprob)
      else expect(logprobs?.logprob).toBeLessThanOrEqual(top.at(-1)?.logprob ?? 0)
    }
  })

  test('an abort ends it at the next token', async () => {
    const controller = new AbortController()
    const given = { ...options(), signal: controller.signal }
    const steps = generate({ model, batch }, await read(tokensOf('Hello')), given)
    await steps.next()
    await steps.next()
    controller.abort()
    expect(await steps.next()).toEqual({
      done: true,
      value: { finishReason: undefined, completionTokens: 2 },
    })
  })

  test('two generations share the model token by token and do not change each other', async () => {
    const [one, two] = [await read(tokensOf('Hello')), await read(tokensOf('Tell me something.'))]
    const alone = [await answer(one, options()), await answer(two, options())]
    const order: number[] = []
    const watched = async (index: number, prompt: ReadPrompt): Promise<Answer> => {
      const steps = generate({ model, batch }, prompt, options())
      const tokens: GeneratedToken[] = []
      let text = ''
      for (;;) {
        const step = await steps.next()
        order.push(index)
        if (step.done) return { text, tokens, end: step.value }
        text += step.value.text
        tokens.push(...step.value.tokens)
      }
    }
    expect(await Promise.all([watched(0, one), watched(1, two)])).toEqual(alone)
    // While both still have tokens to come, neither is ever more than two ahead.
    let ahead = 0
    const shared = order.slice(0, 40)
    expect(shared.filter((index) => index === 0).length).toBeGreaterThan(18)
    for (const index of shared) {
      ahead += index === 0 ? 1 : -1
      expect(Math.abs(ahead)).toBeLessThanOrEqual(2)
    }
  })
})

describe('openPromptReader', () => {
  const long = 'A gateway meters what a contributor answers and keeps the receipt. '.repeat(8)

  test('a cached beginning changes no bit of the answer', async () => {
    const shared = prefixCache(4)
    const given = options({ topLogprobs: 3 })
    const [first, second] = [tokensOf(`${long} Why?`), tokensOf(`${long} How?`)]
    await read(first, shared)
    const cached = await read(second, shared)
    expect(cached.cachedTokens).toBeGreaterThanOrEqual(blockTokens)
    expect(cached.cachedTokens % blockTokens).toBe(0)
    const plain = await read(second)
    expect(plain.cachedTokens).toBe(0)
    expect(await answer(cached, given)).toEqual(await answer(plain, given))
    // And once more from the very same prompt.
    const again = await read(second, shared)
    expect(await answer(again, given)).toEqual(await answer(plain, given))
  })

  test('what was read ahead changes no bit of the answer, and waits for nobody', async () => {
    const given = options({ topLogprobs: 3 })
    const tokens = tokensOf(`${long} Why?`)
    const shared = prefixCache(8)
    const reader = readerWith(shared)
    reader.readAhead(tokens.slice(0, 70))
    await expect.poll(() => shared.prefixTokens(tokens)).toBe(64)
    const found = await reader.read(tokens, patient)
    expect(found?.cachedTokens).toBe(64)
    if (found === undefined) throw new Error('nobody left')
    expect(await answer(found, given)).toEqual(await answer(await read(tokens), given))
    // Nothing is read ahead while a prompt is read, nor while answers are written.
    const quiet = prefixCache(8)
    const busy = readerWith(quiet, () => false)
    busy.readAhead(tokens)
    const other = readerWith(quiet)
    other.readAhead(tokens)
    await other.read(tokensOf('Hello'), patient)
    await new Promise(setImmediate)
    expect(quiet.prefixTokens(tokens)).toBe(0)
  })

  test('an abort ends it at the next block, and nothing half-read is kept', async () => {
    const shared = prefixCache(4)
    const tokens = tokensOf(long)
    const reader = readerWith(shared)
    expect(await reader.read(tokens, AbortSignal.abort())).toBeUndefined()
    const controller = new AbortController()
    const started = reader.read(tokens, controller.signal)
    expect(reader.reading()).toBe(1)
    // The first pass is under way before the signal comes.
    await Promise.resolve()
    controller.abort()
    expect(await started).toBeUndefined()
    expect(reader.reading()).toBe(0)
    expect(shared.longestPrefix(tokens).tokens).toBe(0)
  })
})

describe('generateChoices', () => {
  async function eventsOf(choices: number, seed: bigint, atOnce = choices): Promise<ChoiceEvent[]> {
    const prompt = await read(tokensOf('Tell me something.'))
    const events: ChoiceEvent[] = []
    const start = (index: number) =>
      generate({ model, batch }, prompt, options({ seed: seed + BigInt(index) }))
    for await (const event of generateChoices(choices, atOnce, start)) events.push(event)
    return events
  }

  const textOf = (events: readonly ChoiceEvent[], index: number): string =>
    events
      .map((event) => (event.kind === 'delta' && event.index === index ? event.delta.text : ''))
      .join('')

  test('choice i is the answer to the seed plus i', async () => {
    const events = await eventsOf(3, 40n)
    for (const index of [0, 1, 2]) {
      const single = await eventsOf(1, 40n + BigInt(index))
      expect(textOf(events, index)).toBe(textOf(single, 0))
    }
    expect(new Set([0, 1, 2].map((index) => textOf(events, index))).size).toBe(3)
  })

  test('fewer at once change no answer, and the next begins when one ends', async () => {
    const [all, two] = [await eventsOf(3, 40n), await eventsOf(3, 40n, 2)]
    for (const index of [0, 1, 2]) expect(textOf(two, index)).toBe(textOf(all, index))
    const firstEnd = two.findIndex(({ kind }) => kind === 'end')
    expect(two.findIndex(({ index }) => index === 2)).toBeGreaterThan(firstEnd)
  })

  test('whoever stops asking gives all places back', async () => {
    const prompt = await read(tokensOf('Tell me something.'))
    const start = (index: number) =>
      generate({ model, batch }, prompt, options({ seed: BigInt(index) }))
    let seen = 0
    for await (const _ of generateChoices(3, 3, start)) {
      seen += 1
      if (seen === 5) break
    }
    expect(seen).toBe(5)
    // The pass that was under way ends, and the places are free.
    await expect.poll(() => batch.rows()).toBe(0)
  })

  test('gives a token of each choice in turn', async () => {
    const events = await eventsOf(3, 40n)
    expect(events.slice(0, 9).map(({ index }) => index)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2])
    expect(events.slice(-3).map(({ kind }) => kind)).toEqual(['end', 'end', 'end'])
  })
})
