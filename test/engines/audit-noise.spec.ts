/*
 * llama.cpp computes vouch-mini from float16 weights by its own code and samples by its own generator: an honest contributor
 * whose answers are not bit for bit those of the reference. It must pass an audit; and be found out when it answers what others
 * asked.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { vouchMiniGguf } from '../../scripts/gguf/vouch-mini-gguf.ts'
import {
  freshWindow,
  outcomeOfWindow,
  type WindowState,
  type WindowTerms,
  withJudgement,
} from '../../src/auditor/audit-window.ts'
import { judgeAnswer, type Reference } from '../../src/auditor/judge-answer.ts'
import { noiseAllowances } from '../../src/auditor/noise-allowance.ts'
import { shareOfAlarm } from '../../src/auditor/sequential-test.ts'
import { builtInModelFolder, loadBuiltInModel } from '../support/built-in-model.ts'
import { type LlamaEngine, startLlamaLibraryEngine } from '../support/llama-engine.ts'
import { work } from '../support/signed-receipt.ts'

const questions = ['fresh-questions', 'paraphrases']
  .flatMap((name) =>
    readFileSync(join(builtInModelFolder, `training/data/${name}.txt`), 'utf8').split('\n'),
  )
  .map((line) => line.split(' | ')[1] ?? '')
  .filter((question) => question !== '')

const folder = mkdtempSync(join(tmpdir(), 'vouch-audit-'))
const terms: WindowTerms = {
  falseAlarmMax: 1e-6,
  falsePassMax: 0.01,
  tokensMin: 900,
  isReplayed: false,
}
let llama: LlamaEngine
let reference: Reference

beforeAll(async () => {
  const path = join(folder, 'vouch-mini-f16.gguf')
  writeFileSync(path, vouchMiniGguf('f16'))
  llama = await startLlamaLibraryEngine(path)
  reference = {
    model: await loadBuiltInModel(),
    allowance: noiseAllowances.float,
    knowsSampler: false,
    replays: false,
    engine: { engine: 'onnxruntime', cpu: 'any', noiseClass: 'float' },
  }
})
afterAll(async () => {
  await llama.close()
  rmSync(folder, { recursive: true })
})

/** The window of as many answers, each to the question that is so many behind the one that it is said to be to. */
async function windowOf(count: number, temperature: number, shift = 0): Promise<WindowState> {
  let window = freshWindow({ contributor: work.contributor, modelId: work.modelId }, 1)
  for (let index = 0; index < count; index += 1) {
    const bodyWith = (question: number) => ({
      model: 'vouch-mini',
      messages: [{ role: 'user', content: questions[question % questions.length] }],
      max_tokens: 120,
      temperature,
    })
    const response = await fetch(`${llama.origin}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ ...bodyWith(index + shift), seed: index + 1 }),
    })
    const judgement = await judgeAnswer(reference, {
      work,
      requestBody: Buffer.from(JSON.stringify(bodyWith(index))),
      responseBody: Buffer.from(await response.arrayBuffer()),
      commitmentOpening: undefined,
    })
    window = withJudgement(window, { gatewaySeq: index + 1, isCanary: false, judgement })
  }
  const { samples, tokens, matchedTokens, test: state } = window
  const suspicion = shareOfAlarm(state, terms)
  const told = { temperature, shift, samples, tokens, matchedTokens, suspicion }
  process.stdout.write(`${JSON.stringify(told)}\n`)
  return window
}

test('answers at temperature 0 pass', async () => {
  const window = await windowOf(130, 0)
  expect(window.samples).toBe(130)
  expect(window.matchedTokens / window.tokens).toBeGreaterThan(0.998)
  expect(outcomeOfWindow(window, terms)).toBe('passed')
})

test('answers whose draws nobody knows pass', async () => {
  const window = await windowOf(130, 1)
  expect(window.samples).toBe(130)
  expect(outcomeOfWindow(window, terms)).not.toBe('failed')
  expect(shareOfAlarm(window.test, terms)).toBeLessThan(0.3)
})

test.each([0, 1])('answers to other questions fail, at temperature %d', async (temperature) => {
  expect(outcomeOfWindow(await windowOf(25, temperature, 1), terms)).toBe('failed')
})
