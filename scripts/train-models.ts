/*
 * Trains the three provable models of models/, each from a seed, so that the same files come out:
 *
 *   node scripts/train-models.ts                        all of them, in about a minute
 *   node scripts/train-models.ts volatility             one
 *   node scripts/train-models.ts --check wallet-risk    says whether the files are those that the script makes
 *
 * Writes model.onnx, sample.json and evaluation.json; scripts/make-model-files.ts makes the rest of them.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { prepareModel } from '../src/model-deployment/prepare-model.ts'
import { quantiseInputs } from '../src/model-deployment/quantise-inputs.ts'
import { readSample } from '../src/model-deployment/read-sample.ts'
import { evaluate } from '../src/provable/evaluate.ts'
import { trainModeration } from './models/moderation.ts'
import { compare, type TrainedModel } from './models/trained-model.ts'
import { trainVolatility } from './models/volatility.ts'
import { trainWalletRisk } from './models/wallet-risk.ts'

const trainers: Readonly<Record<string, () => TrainedModel | Promise<TrainedModel>>> = {
  volatility: trainVolatility,
  'wallet-risk': trainWalletRisk,
  moderation: trainModeration,
}

/** Rows of inputs that the quantiser is shown. */
const sampleRows = 256

const isCheck = process.argv.includes('--check')
const named = process.argv.slice(2).filter((word) => word !== '--check')
const unknown = named.find((name) => trainers[name] === undefined)
if (unknown !== undefined) {
  process.stderr.write(`no model ${unknown}; there are ${Object.keys(trainers).join(', ')}\n`)
  process.exit(2)
}
for (const name of named.length === 0 ? Object.keys(trainers) : named) {
  const model = await trainers[name]?.()
  if (model !== undefined) await keep(model)
}

type Evaluated = Readonly<Record<string, string | number>>

async function keep(model: TrainedModel): Promise<void> {
  const evaluation = await evaluationOf(model)
  const folder = resolve(import.meta.dirname, '../models', model.name)
  const files = new Map<string, string | Uint8Array>([
    ['model.onnx', model.onnx],
    ['sample.json', sampleOf(model)],
    ['evaluation.json', `${JSON.stringify(evaluation, null, 2)}\n`],
  ])
  mkdirSync(folder, { recursive: true })
  for (const [file, content] of files) {
    const path = join(folder, file)
    if (!isCheck) writeFileSync(path, content)
    else if (!Buffer.from(content).equals(readFileSync(path))) {
      process.stderr.write(`models/${model.name}/${file} is not what the script makes\n`)
      process.exitCode = 1
    }
  }
  for (const { name, ...values } of evaluation) {
    process.stdout.write(`${model.name}: ${name}: ${JSON.stringify(values)}\n`)
  }
}

/** One row of inputs a line. */
function sampleOf({ heldOut }: TrainedModel): string {
  const rows = heldOut
    .slice(0, sampleRows)
    .map(({ inputs }) => `  ${JSON.stringify(inputs.map((value) => Number(value.toFixed(5))))}`)
  return `[\n${rows.join(',\n')}\n]\n`
}

/** The model as it was trained, as the integers that are served and proved, and what it is compared with. */
async function evaluationOf(model: TrainedModel): Promise<readonly Evaluated[]> {
  const floats = { name: 'the model', scores: model.heldOut.map(({ inputs }) => model.run(inputs)) }
  const integers = { name: 'the model in integers', scores: await integerScores(model) }
  return compare(model, [floats, integers, ...model.baselines]).map(({ name, values }) => ({
    name,
    ...Object.fromEntries(
      model.measures.map((measure, at) => [measure.name, Number(values[at]?.toFixed(4))]),
    ),
  }))
}

/** An input beyond what the integers take is cut to it here; the gateway would refuse it. */
async function integerScores(model: TrainedModel): Promise<readonly number[]> {
  const sample = readSample(sampleOf(model))
  if (!sample.ok) throw new Error(sample.error)
  const prepared = await prepareModel({ name: model.name, onnx: model.onnx, sample: sample.value })
  if (!prepared.ok) throw new Error(prepared.error)
  const { graph } = prepared.value
  const [port] = graph.inputs
  const scaleBits = graph.outputs[0]?.scaleBits ?? 0
  const cut = (value: number, at: number): number =>
    Math.max(
      port?.minima[at] ?? port?.minima[0] ?? 0,
      Math.min(port?.maxima[at] ?? port?.maxima[0] ?? 0, value),
    )
  return model.heldOut.map(({ inputs }) => {
    const output = evaluate(graph, quantiseInputs(graph, inputs).map(cut))
    return output.ok ? (output.value[0] ?? Number.NaN) / 2 ** scaleBits : Number.NaN
  })
}
