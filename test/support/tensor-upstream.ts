/*
 * A contributor that serves the fixture of a provable model: it evaluates, as the engine does, and signs, honestly or as a test
 * tells it to lie.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deliveredHash } from '../../src/attestation/content-hash.ts'
import { decodeTensor, encodeTensor } from '../../src/base/wire-tensor.ts'
import type { Offer } from '../../src/domain/contributor.ts'
import type { Work } from '../../src/domain/receipt.ts'
import type { TensorTerms } from '../../src/domain/tensor-terms.ts'
import { evaluate } from '../../src/provable/evaluate.ts'
import type { FixedPointGraph } from '../../src/provable/fixed-point-graph.ts'
import { readFixedPointGraph } from '../../src/provable/read-fixed-point-graph.ts'
import type { Script } from './scripted-upstream.ts'
import type { SigningUpstream } from './signing-upstream.ts'

export const tinyFolder: string = join(import.meta.dirname, '../fixtures/provable-models/tiny')

/** The model in the configuration of a place (serving-place.ts); `further` keys of its own are lines with their indent. */
export const tinyModelSection = (further = ''): string => `      - id: tiny
        endpoints: [inference]
        manifest: ${join(tinyFolder, 'manifest.json')}
        graph: ${join(tinyFolder, 'graph.json')}
${further}        contextTokensMax: 3
        price: {promptPerMtok: "10", perValue: "0.001"}
`

export const tinyGraph: FixedPointGraph = graphOf(join(tinyFolder, 'graph.json'))

function graphOf(path: string): FixedPointGraph {
  const graph = readFixedPointGraph(JSON.parse(readFileSync(path, 'utf8')))
  if (!graph.ok) throw new Error(`${graph.error.place} ${graph.error.detail}`)
  return graph.value
}

export const tinyTensors: TensorTerms = {
  inputs: tinyGraph.inputs,
  outputs: tinyGraph.outputs.map(({ name, shape, scaleBits }) => ({ name, shape, scaleBits })),
}

/** The model `tiny`, priced for a million values. */
export const tinyOffer: Partial<Offer> = {
  modelName: 'tiny',
  upstreamModelName: 'tiny',
  endpoints: ['inference'],
  unit: 'value',
  contextTokensMax: 3,
  completionTokensMax: 2,
  tensors: tinyTensors,
}

export const tinyAnswer = (input: readonly number[]): Int32Array => {
  const output = evaluate(tinyGraph, input)
  if (!output.ok) throw new Error(output.error.reason)
  return Int32Array.from(output.value)
}

/** Evaluates and signs; `lie` changes what it answers, `said` what it says of it. */
export const answerTensors =
  (
    signer: SigningUpstream,
    lie: (output: Int32Array) => Int32Array = (output) => output,
    said: Partial<Work> = {},
  ): Script =>
  (request, response) => {
    const input = decodeTensor(request.body)
    if (input === undefined) {
      response.writeHead(400).end()
      return
    }
    const bytes = Buffer.from(encodeTensor(lie(tinyAnswer([...input]))))
    const truth = {
      contentHash: deliveredHash([bytes]),
      promptTokens: input.length,
      completionTokens: 2,
    }
    const answer = signer.answerBody(bytes, 'application/octet-stream', { ...truth, ...said })
    return answer(request, response)
  }

/** The same of an engine that signs nothing. */
export const answerUnsigned: Script = (request, response) => {
  const input = decodeTensor(request.body)
  response.writeHead(200, { 'content-type': 'application/octet-stream' })
  response.end(Buffer.from(encodeTensor(tinyAnswer([...(input ?? [])]))))
}
