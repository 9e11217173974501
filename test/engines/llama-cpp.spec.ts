/*
 * A gateway, a tunnel that was dialled from behind a router, an agent, and llama.cpp with our own weights: what is answered is
 * signed and has a receipt, and who leaves frees the engine. Once with llama.cpp behind a server of ours, and once with its own
 * where VOUCH_LLAMA_SERVER names it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { vouchMiniGguf } from '../../scripts/gguf/vouch-mini-gguf.ts'
import { type FoundEngine, lookAtEngine } from '../../src/contributor/find-engines.ts'
import { openFileDigests } from '../../src/contributor/weights/file-digests.ts'
import { modelIdOf, modelManifest } from '../../src/contributor/weights/model-manifest.ts'
import type { Bytes32 } from '../../src/domain/units.ts'
import { ask } from '../support/ask.ts'
import { type FarAgent, openFarAgent } from '../support/far-agent.ts'
import {
  type LlamaEngine,
  startLlamaLibraryEngine,
  startLlamaServer,
} from '../support/llama-engine.ts'
import { knownAnswer, knownQuestion } from '../support/vouch-mini-answers.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly llamaServer: string | null
  }
}

const folder = mkdtempSync(join(tmpdir(), 'vouch-llama-'))
const gguf = join(folder, 'vouch-mini-f16.gguf')
writeFileSync(gguf, vouchMiniGguf('f16'))
afterAll(() => rmSync(folder, { recursive: true }))

const program = inject('llamaServer')
const servers = [
  ['llama.cpp through node-llama-cpp', () => startLlamaLibraryEngine(gguf)] as const,
  ...(program === null ? [] : [[program, () => startLlamaServer(program, gguf)] as const]),
]

describe.each(servers)('%s', (_name, start) => {
  let engine: LlamaEngine
  let found: FoundEngine
  let far: FarAgent

  beforeAll(async () => {
    engine = await start()
    const looked = await lookAtEngine({ origin: engine.origin, apiKey: undefined })
    if (looked === undefined) throw new Error('the engine is not known for one')
    found = looked
    const modelId = await modelIdOfServed(engine)
    const { baseUrl, slots = 1 } = found
    far = await openFarAgent({
      baseUrl,
      model: engine.model,
      modelId,
      contextTokensMax: 1024,
      slots,
    })
  })
  afterAll(async () => {
    await far.close()
    await engine.close()
  })

  const predictedTokens = async (): Promise<number> => {
    const metrics = await (await fetch(`${engine.origin}/metrics`)).text()
    return Number(/^llamacpp:tokens_predicted_total (\d+)$/m.exec(metrics)?.[1])
  }

  test('is found for what it is', () => {
    expect(found).toMatchObject({
      kind: 'llama-cpp',
      slots: 1,
      models: [{ id: engine.model, contextTokensMax: 1024, writesText: true }],
    })
    expect(found.version).toMatch(/./)
  })

  test.each([false, true])(
    'answers what onnxruntime answers, signed; streamed: %s',
    async (stream) => {
      const { answer, work } = await far.askSigned({ ...knownQuestion, stream })
      expect(answer).toMatchObject({ content: knownAnswer, done: stream })
      expect(work.promptTokens).toBe(8)
      // llama.cpp counts the end token, onnxruntime's engine does not.
      expect([40, 41]).toContain(work.completionTokens)
    },
  )

  test('who leaves frees the engine for the next', async () => {
    const { gateway, newEntries } = far
    const before = await predictedTokens()
    const leaving = new AbortController()
    const tokensMax = 900
    // Without its end token the model writes until it may not.
    const endless = { stream: true, max_tokens: tokensMax, logit_bias: { 3: -100 } }
    const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', ...knownQuestion, ...endless }),
      signal: leaving.signal,
    })
    await response.body?.getReader().read()
    leaving.abort()
    expect(await ask(gateway, knownQuestion)).toMatchObject({ status: 200, content: knownAnswer })
    expect((await predictedTokens()) - before).toBeLessThan(tokensMax)
    const outcomes = (await newEntries()).log.map(({ outcome }) => outcome)
    expect(outcomes.sort()).toEqual(['client_gone', 'complete'])
  })

  test('too long a prompt is told as that', async () => {
    const content = 'word '.repeat(1_500)
    const { status, error } = await ask(far.gateway, { messages: [{ role: 'user', content }] })
    expect({ status, code: error?.['code'] }).toEqual({
      status: 400,
      code: 'context_length_exceeded',
    })
  })
})

/** Of the file that the engine itself names. */
async function modelIdOfServed({ origin, model }: LlamaEngine): Promise<Bytes32> {
  const props = (await (await fetch(`${origin}/props`)).json()) as Record<string, string>
  const manifest = await modelManifest({
    id: model,
    place: { kind: 'path', path: props['model_path'] ?? '' },
    engine: { name: 'llama.cpp', version: props['build_info'] ?? null },
    digests: await openFileDigests(undefined),
  })
  if (!manifest.ok) throw new Error(manifest.error.detail)
  expect(manifest.value).toMatchObject({
    format: 'gguf',
    architecture: 'arcee',
    quantization: 'F16',
    parameters: 5_770_496,
    contextTokens: 1024,
  })
  return modelIdOf(manifest.value)
}
