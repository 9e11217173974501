/*
 * vouch-mini computed twice: by onnxruntime from model.onnx, as `vouch engine` does it, and by llama.cpp from the GGUF file that
 * scripts/make-gguf.ts writes. Both choose the likeliest token; what they then say to a hundred questions that neither was made
 * with is compared token by token.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TensorType, tensorTypes } from '../../scripts/gguf/gguf-file.ts'
import { vouchMiniGguf } from '../../scripts/gguf/vouch-mini-gguf.ts'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'
import { type LlamaLibrary, type LlamaSequence, loadLlama } from '../support/llama-library.ts'

const questions = readFileSync(
  resolve(import.meta.dirname, '../../models/vouch-mini/training/data/fresh-questions.txt'),
  'utf8',
)
  .split('\n')
  .map((line) => line.split(' | ')[1] ?? '')
  .filter((question) => question !== '')

const tokensMax = 120
const folder = mkdtempSync(join(tmpdir(), 'vouch-gguf-'))
let engine: EngineProcess
/** What onnxruntime says to each, as texts of tokens. */
const said = new Map<string, readonly string[]>()

beforeAll(async () => {
  engine = await startEngine(['--port', '0'])
  for (const question of questions) said.set(question, await askOnnx(question))
})
afterAll(async () => {
  await engine.stop()
  rmSync(folder, { recursive: true })
})

async function askOnnx(question: string): Promise<readonly string[]> {
  const answer = await fetch(`${engine.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({
      model: 'vouch-mini',
      messages: [{ role: 'user', content: question }],
      temperature: 0,
      max_tokens: tokensMax,
      logprobs: true,
    }),
  })
  const { choices } = (await answer.json()) as {
    choices: { logprobs: { content: { token: string }[] } }[]
  }
  return choices[0]?.logprobs.content.map(({ token }) => token) ?? []
}

async function askLlama(
  { model }: LlamaLibrary,
  sequence: LlamaSequence,
  question: string,
): Promise<readonly string[]> {
  const prompt = [
    ...model.tokenize('<|user|>', true),
    ...model.tokenize(question, false),
    ...model.tokenize('<|end|><|assistant|>', true),
  ]
  const texts: string[] = []
  for await (const token of sequence.evaluate(prompt, { temperature: 0 })) {
    texts.push(model.detokenize([token]))
    if (texts.length === tokensMax) break
  }
  return texts
}

/** Tokens alike before the first that is not. */
const alike = (one: readonly string[], other: readonly string[]): number => {
  const first = one.findIndex((token, index) => token !== other[index])
  return first === -1 ? one.length : first
}

/** Answers of a hundred that are alike to the last token, at least. */
const wholeMin: Readonly<Record<TensorType, number>> = { f32: 98, f16: 98, q8_0: 90 }

test.each(tensorTypes)('%s answers as onnxruntime does', async (type) => {
  const path = join(folder, `vouch-mini-${type}.gguf`)
  writeFileSync(path, vouchMiniGguf(type))
  const llama = await loadLlama(path)
  const context = await llama.model.createContext({
    contextSize: 1024,
    sequences: 1,
    threads: 1,
    flashAttention: false,
  })
  const sequence = context.getSequence()
  const counts = { questions: 0, whole: 0, tokens: 0, alike: 0 }
  for (const question of questions) {
    await sequence.clearHistory()
    const onnx = said.get(question) ?? []
    const answered = await askLlama(llama, sequence, question)
    const tokens = alike(onnx, answered)
    counts.questions += 1
    counts.tokens += onnx.length
    counts.alike += tokens
    if (tokens === onnx.length && answered.length === onnx.length) counts.whole += 1
  }
  await llama.close()
  process.stdout.write(`${type} ${llama.build} ${JSON.stringify(counts)}\n`)
  expect(counts.questions).toBe(100)
  expect(counts.tokens).toBeGreaterThan(1_000)
  expect(counts.whole).toBeGreaterThanOrEqual(wholeMin[type])
})
