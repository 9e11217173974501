import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseCompletionRequest } from '../../../src/engine/completion-request.ts'
import { parseModelConfig } from '../../../src/engine/model-config.ts'
import { builtInModelFolder } from '../../support/built-in-model.ts'

const config = parseModelConfig(readFileSync(join(builtInModelFolder, 'config.json'), 'utf8'))
if (!config.ok) throw new Error(config.error)
const model = { name: 'vouch-mini', config: config.value }
const { contextTokensMax, vocabularySize, sampling } = model.config

const parse = (fields: Readonly<Record<string, unknown>>) =>
  parseCompletionRequest(
    Buffer.from(JSON.stringify({ model: 'vouch-mini', prompt: 'Once', ...fields })),
    model,
  )
const accepted = (fields: Readonly<Record<string, unknown>> = {}) => {
  const request = parse(fields)
  if (!request.ok) throw new Error(request.error.message)
  return request.value
}

describe('parseCompletionRequest', () => {
  test("fills in OpenAI's sixteen tokens and the model's defaults", () => {
    expect(accepted()).toEqual({
      prompts: ['Once'],
      echo: false,
      stream: false,
      includeUsage: false,
      choices: 1,
      completionTokensMax: 16,
      stopStrings: [],
      sampling: {
        temperature: sampling.temperature,
        topP: sampling.topP,
        presencePenalty: 0,
        frequencyPenalty: 0,
        logitBias: new Map(),
      },
      seed: undefined,
      topLogprobs: undefined,
    })
  })

  test('takes prompts in all their forms', () => {
    expect(accepted({ prompt: ['a', 'b'] }).prompts).toEqual(['a', 'b'])
    expect(accepted({ prompt: [1, 2] }).prompts).toEqual([[1, 2]])
    expect(accepted({ prompt: [[1], [2, 3]] }).prompts).toEqual([[1], [2, 3]])
  })

  test('takes what asks for nothing', () => {
    const nothing = { best_of: 1, suffix: '', echo: true, logprobs: null, made_up: 1 }
    expect(accepted(nothing).echo).toBe(true)
    expect(accepted({ best_of: 2, n: 2, logprobs: 5 })).toMatchObject({
      choices: 2,
      topLogprobs: 5,
    })
  })

  test.each([
    ['no prompt', { prompt: null }, 'prompt', 'missing_required_parameter'],
    ['an empty text', { prompt: '' }, 'prompt', 'invalid_value'],
    ['half a character', { prompt: ['a', '\ud800'] }, 'prompt[1]', 'invalid_value'],
    ['no prompts', { prompt: [] }, 'prompt', 'empty_array'],
    ['too many', { prompt: Array(129).fill('a') }, 'prompt', 'array_above_max_length'],
    ['an object', { prompt: {} }, 'prompt', 'invalid_type'],
    ['no token', { prompt: [[]] }, 'prompt[0]', 'invalid_value'],
    ['a token of no vocabulary', { prompt: [vocabularySize] }, 'prompt', 'invalid_value'],
    ['half a token', { prompt: [0.5] }, 'prompt', 'invalid_value'],
    ['no tokens', { max_tokens: 0 }, 'max_tokens', 'integer_below_min_value'],
    [
      'beyond the context',
      { max_tokens: contextTokensMax + 1 },
      'max_tokens',
      'integer_above_max_value',
    ],
    ['candidates', { best_of: 2 }, 'best_of', 'unsupported_parameter'],
    ['a suffix', { suffix: 'end' }, 'suffix', 'unsupported_parameter'],
    [
      'log-probabilities of a prompt',
      { echo: true, logprobs: 1 },
      'logprobs',
      'unsupported_parameter',
    ],
    ['another model', { model: 'gpt-4' }, null, 'model_not_found'],
  ])('refuses %s', (_name, fields, param, code) => {
    expect(parse(fields)).toMatchObject({ ok: false, error: { param, code } })
  })
})
