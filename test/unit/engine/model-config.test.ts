import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseModelConfig } from '../../../src/engine/model-config.ts'
import { builtInModelFolder } from '../../support/built-in-model.ts'

const json = readFileSync(join(builtInModelFolder, 'config.json'), 'utf8')

type Changed = { [member: string]: unknown }

/** The built-in model's config with the member at `path` replaced. */
function configWith(path: string, value: unknown): string {
  const config = JSON.parse(json) as Changed
  const names = path.split('.')
  const last = names.pop() ?? ''
  let holder = config
  for (const name of names) holder = holder[name] as Changed
  holder[last] = value
  return JSON.stringify(config)
}

describe('parseModelConfig', () => {
  test('reads the built-in model', () => {
    const config = parseModelConfig(json)
    expect(config.ok && config.value.contextTokensMax).toBeGreaterThan(0)
  })

  const positive = 'a whole number above zero'
  test.each([
    ['layers', 0, positive],
    ['heads', '4', positive],
    ['headDimension', 1.5, positive],
    ['vocabularySize', -1, positive],
    ['contextTokensMax', null, positive],
    ['endTokenId', -1, 'a token id'],
    ['chatTemplate', undefined, 'a string'],
    ['chatTemplate.messagePrefixes.user', 7, 'a string'],
    ['chatTemplate.generationPrefix', undefined, 'a string'],
    ['sampling.temperature', 2.1, 'a number from 0 to 2'],
    ['sampling.topP', '1', 'a number from 0 to 1'],
    ['sampling.completionTokensMax', 0, positive],
  ])('names %s when it is %s', (path, value, expected) => {
    const result = parseModelConfig(configWith(path, value))
    const named = path === 'chatTemplate' ? 'chatTemplate.messagePrefixes.system' : path
    expect(result).toEqual({ ok: false, error: `"${named}" should be ${expected}` })
  })

  test('refuses what is no object and what is no JSON', () => {
    expect(parseModelConfig('[]')).toEqual({ ok: false, error: `"layers" should be ${positive}` })
    expect(parseModelConfig('layers: 4')).toEqual({ ok: false, error: 'it is not JSON' })
  })
})
