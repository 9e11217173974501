/*
 * Trains the three provable models of models/, each from a seed, so that the same files come out:
 *
 *   node scripts/train-models.ts                        all of them, in about a minute
 *   node scripts/train-models.ts volatility             one
 *   node scripts/train-models.ts --check wallet-risk    says whether the files are those that the script makes
 *
 * Writes model.onnx, sample.json and evaluation.json; `vouch models deploy` makes the rest of them (docs/models.md).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
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
  if (model !== undefined) keep(model)
}

function keep(model: TrainedModel): void {
  const folder = resolve(import.meta.dirname, '../models', model.name)
  const files = new Map<string, string | Uint8Array>([
    ['model.onnx', model.onnx],
    ['sample.json', sampleOf(model)],
    ['evaluation.json', `${JSON.stringify(evaluationOf(model), null, 2)}\n`],
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
  for (const { name, ...values } of evaluationOf(model)) {
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

function evaluationOf(model: TrainedModel): readonly Readonly<Record<string, string | number>>[] {
  const own = { name: 'the model', scores: model.heldOut.map(({ inputs }) => model.run(inputs)) }
  return compare(model, [own, ...model.baselines]).map(({ name, values }) => ({
    name,
    ...Object.fromEntries(
      model.measures.map((measure, at) => [measure.name, Number(values[at]?.toFixed(4))]),
    ),
  }))
}
