/*
 * What an agent claims of an answer, its gateway believes: no figure is corrected there that was not corrected here, whatever
 * the engine reported. Else the two would count apart, and what is cut would stay unpaid for ever.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AnswerContent } from '../../src/attestation/answer-transcript.ts'
import { readAsked } from '../../src/contributor/asked-answer.ts'
import { countText, countUnits } from '../../src/contributor/count-answer.ts'
import { promptTokensAtMost } from '../../src/domain/prompt-bound.ts'
import { zeroBytes32 } from '../../src/domain/units.ts'
import { parseChatBody } from '../../src/http/openai-schema.ts'
import { settleUnits, settleUsage } from '../../src/metering/settle-usage.ts'

const contextTokensMax = 4096
const model = {
  id: 'm',
  modelId: zeroBytes32,
  contextTokensMax,
  asks: { floor: {} as never, points: [] },
}

const anyCount = fc.oneof(fc.nat(40), fc.nat(5_000), fc.nat(2 ** 32 - 1))
const anyReport = fc.option(
  fc
    .record({
      promptTokens: anyCount,
      cached: fc.nat(100),
      completionTokens: anyCount,
      reasoning: fc.nat(100),
    })
    .map(({ promptTokens, cached, completionTokens, reasoning }) => ({
      promptTokens,
      cachedPromptTokens: Math.min(promptTokens, cached),
      completionTokens,
      reasoningTokens: Math.min(completionTokens, reasoning),
    })),
  { nil: undefined },
)
const anyText = fc.string({ unit: 'grapheme', maxLength: 200 })

test('of a text', () => {
  const sources = new Map<string, number>()
  fc.assert(
    fc.property(anyText, anyText, anyReport, (prompt, text, reported) => {
      const body = Buffer.from(
        JSON.stringify({ model: 'm', messages: [{ role: 'user', content: prompt }] }),
      )
      const asked = readAsked('chat/completions', body)
      const seen = parseChatBody(body)
      if (!asked.ok || !seen.ok) throw new Error('the body is a good one')
      const content = new AnswerContent()
      content.add({ index: 0, text, toolCalls: [], aside: '' })
      const claimed = countText(asked.value, model, { content, reported })
      const judged = settleUsage(
        { ...claimed, reasoningTokens: 0 },
        {
          promptTokensCounted: undefined,
          completionTokensCounted: undefined,
          promptTokensMax: promptTokensAtMost(seen.value, contextTokensMax),
          messageCount: seen.value.messageCount,
          completionBytes: Buffer.byteLength(text),
        },
      )
      const { source, ...figures } = claimed
      expect(judged.source).toBe('reported')
      // Where nothing was produced nothing is charged, and of its prompt nothing is counted.
      if (claimed.completionTokens === 0) expect(judged.completionTokens).toBe(0)
      else expect(judged).toEqual({ ...figures, reasoningTokens: 0, source: 'reported' })
      expect(claimed.completionTokens).toBeLessThanOrEqual(Buffer.byteLength(text) + 8)
      if (reported !== undefined && source !== 'counted') {
        expect(claimed.completionTokens).toBeLessThanOrEqual(reported.completionTokens)
        expect(claimed.promptTokens).toBeLessThanOrEqual(reported.promptTokens)
      }
      sources.set(source, (sources.get(source) ?? 0) + 1)
    }),
  )
  expect([...sources.keys()].sort()).toEqual(['corrected', 'counted', 'reported'])
})

test('of vectors', () => {
  let compared = 0
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 5 }), anyReport, (input, usage) => {
      const asked = readAsked('embeddings', Buffer.from(JSON.stringify({ model: 'm', input })))
      if (!asked.ok) throw new Error('the body is a good one')
      const units = input.length
      const claimed = countUnits(asked.value, model, {
        ...{ bytes: Buffer.alloc(0), delivered: [], units, source: 'reported' },
        usage: usage && { ...usage, completionTokens: units },
      })
      const judged = settleUnits(claimed, {
        units,
        unitsMax: units,
        source: 'reported',
        promptTokensCounted: undefined,
        promptTokensMax: promptTokensAtMost(asked.value.prompt, contextTokensMax),
        promptCount: units,
      })
      const { promptTokens, cachedPromptTokens, completionTokens } = claimed
      expect(judged).toMatchObject({ promptTokens, cachedPromptTokens, completionTokens })
      expect(completionTokens).toBe(units)
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})
