import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ok } from '../base/result.ts'
import { checkChainId, readContract } from '../chain/contracts.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { modelProofsAt } from '../chain/model-proofs.ts'
import { readQuantity } from '../chain/quantity.ts'
import { openSender } from '../chain/transactions.ts'
import { isModelName } from '../domain/model-name.ts'
import { bytes32, isBytes32, zeroBytes32 } from '../domain/units.ts'
import {
  type DeployedModel,
  type DeploymentStep,
  deployModel,
} from '../model-deployment/deploy-model.ts'
import { type CircuitLanguage, circuitSourceOf } from '../model-deployment/model-circuit.ts'
import {
  type AskFloats,
  type PreparedModel,
  prepareModel,
} from '../model-deployment/prepare-model.ts'
import { readSample, sampleBytesMax } from '../model-deployment/read-sample.ts'
import type { ModelChain } from '../model-deployment/register-model.ts'
import { devInsecure } from '../proofs/proof.ts'
import { chooseSystem } from '../provable/choose-system.ts'
import type { ErrorReport } from '../provable/error-report.ts'
import { modelBytesMax } from '../provable/limits.ts'
import { type ProofCost, predictCosts } from '../provable/predict-costs.ts'
import { defaultProverPlace, type ProverPlace } from '../prover/prover-place.ts'
import { confirmOrEnd } from './ask-person.ts'
import { readOwnKey } from './channel-file.ts'
import { needed, readAddress, readUrl } from './channel-options.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import { readRecord, recordPath } from './contracts-record-file.ts'
import { type ModelTerms, oneNamed } from './models-options.ts'
import { plainLine } from './plain-line.ts'
import { readGivenFile } from './read-given-file.ts'

const stepWords: Readonly<Record<DeploymentStep, string>> = {
  circuit: 'building the circuit and its keys, and a first proof',
  verifier: 'asking what code its verifier has',
  store: 'adding it to the store',
  registration: 'putting its verifier on the chain and registering it',
}

/** `vouch models deploy` */
export async function deployToStore(terms: ModelTerms, terminal: Terminal): Promise<void> {
  if (terms.deploy.endsWithInput) {
    process.stdin.once('end', () => process.exit(1))
    process.stdin.resume()
    process.stdin.unref()
  }
  const prepared = await prepare(terms)
  const chosen = choose(terms.deploy.prove, prepared)
  const { language } = chosen
  for (const line of describePrepared(prepared, chosen)) terminal.printError(line)
  if (terms.deploy.circuitTo !== undefined) {
    await writeCircuit(prepared, language, terms.deploy.circuitTo)
    terminal.printError(`  its circuit is in ${terms.deploy.circuitTo}`)
  }
  if (terms.isTrial) {
    if (terms.isJson) terminal.print(JSON.stringify(preparedObject(prepared, chosen)))
    return
  }
  const chain = await openChain(terms)
  await confirmOrEnd(`Build and register ${prepared.name}?`, { yes: terms.deploy.isAgreed })
  const place = { ...defaultProverPlace, ...placeOf(terms) }
  let told = ''
  const deployed = await deployModel(prepared, {
    ...{ language, chain, store: terms.store, version: terms.version },
    prover: {
      place,
      onProgress: ({ stage, elapsedMs }) => {
        if (stage === told) return
        told = stage
        terminal.printError(`  ${stage}, after ${(elapsedMs / 1000).toFixed(1)} s`)
      },
      onCost: ({ cpuMs, peakMemoryBytes }) => {
        const memory =
          peakMemoryBytes === undefined ? '' : `, ${Math.round(peakMemoryBytes / 1e6)} MB`
        terminal.printError(`  took ${(cpuMs / 1000).toFixed(1)} CPU seconds${memory}`)
      },
    },
    onStep: (step) => terminal.printError(stepWords[step]),
  })
  if (!deployed.ok) throw new CommandFailure(deployed.error)
  if (terms.isJson) terminal.print(JSON.stringify(deployedObject(deployed.value)))
  else for (const line of describeDeployed(deployed.value, terms)) terminal.print(line)
}

async function prepare(terms: ModelTerms): Promise<PreparedModel> {
  const path = oneNamed(terms, 'an ONNX file')
  const samplePath = terms.deploy.input
  if (samplePath === undefined) {
    throw new CommandFailure(
      '--input names a JSON file with rows of inputs, such as those that the model will be asked',
      2,
    )
  }
  const name =
    terms.deploy.name ??
    basename(path)
      .replace(/\.onnx$/i, '')
      .toLowerCase()
  if (!isModelName(name)) {
    throw new CommandFailure(`'${name}' is no name for a model: say one with --name`, 2)
  }
  const onnx = await readGivenFile(path, modelBytesMax)
  const sample = readSample((await readGivenFile(samplePath, sampleBytesMax)).toString('utf8'))
  if (!sample.ok) throw new CommandFailure(`${samplePath}: ${sample.error}`)
  const prepared = await prepareModel(
    { name, onnx, sample: sample.value, isForEzkl: terms.deploy.prove === 'ezkl' },
    askOnnxruntime,
  )
  if (!prepared.ok) throw new CommandFailure(`${path}: ${prepared.error}`)
  return prepared.value
}

type Chosen = { readonly language: CircuitLanguage; readonly because: string }

/** What each system would cost stands in the plan before anything starts. Throws CommandFailure where none is left. */
function choose(asked: string, { graph }: PreparedModel): Chosen & Costs {
  const predicted = predictCosts(graph)
  if (!predicted.ok) throw new CommandFailure(`${predicted.error.place} ${predicted.error.detail}`)
  const costs = predicted.value
  const own = costs.filter(({ system }) => system !== 'ezkl')
  if (asked === 'circom' || asked === 'noir') return { costs, language: asked, because: 'as asked' }
  if (asked === 'ezkl') {
    throw new CommandFailure(
      "--prove ezkl: a model is not deployed with ezkl's verifier by this command yet; docs/ezkl.md has the steps",
    )
  }
  if (asked !== 'auto') throw new CommandFailure('--prove is circom, noir, ezkl or auto', 2)
  const choice = chooseSystem(own)
  if (choice === undefined) {
    throw new CommandFailure(`no system here takes it: ${costs.map(describeCost).join('; ')}`)
  }
  const language = choice.chosen.system === 'groth16' ? 'circom' : 'noir'
  return { costs, language, because: choice.because }
}

type Costs = { readonly costs: readonly ProofCost[] }

const describeCost = (cost: ProofCost): string =>
  `${cost.system}: ${cost.constraints} rows, about ${short(cost.buildCpuS)} s to build, ${short(cost.proveCpuS)} s and ${Math.round(cost.memoryBytes / 1e6)} MB a proof, ${cost.proofBytes} bytes, ${cost.verifyGas} gas`

async function openChain(terms: ModelTerms): Promise<ModelChain> {
  const rpc = jsonRpc(needed('--rpc', readUrl('--rpc', terms.deploy.rpc)))
  const privateKey = await readOwnKey(needed('--key-file', terms.deploy.keyFile))
  const chainId = Number(orFail(await readQuantity(rpc, 'eth_chainId', [])))
  orFail(await checkChainId(rpc, chainId))
  const named = terms.deploy.modelProofs
  const recorded = readRecord(recordPath('deployments', chainId))?.contracts['ModelProofs']?.facts
  const found = named ?? recorded?.['address']
  if (typeof found !== 'string') {
    throw new CommandFailure(
      `--model-proofs names the contract that models are registered with on chain ${chainId}: 'vouch contracts deploy' puts one there`,
      2,
    )
  }
  const modelProofs = readAddress('--model-proofs', found)
  if (modelProofs === undefined) throw new CommandFailure('--model-proofs is no address', 2)
  const asked = {
    contract: modelProofsAt(modelProofs),
    functionName: 'circuitOf',
    args: [zeroBytes32],
  }
  const answer = await readContract(rpc, asked)
  if (!answer.ok) {
    throw new CommandFailure(`${modelProofs} is no ModelProofs contract: name it by --model-proofs`)
  }
  return { rpc, modelProofs, sender: openSender({ rpc, chainId, privateKey }) }
}

function placeOf({ deploy }: ModelTerms): Partial<ProverPlace> {
  const { provers, zkHome, ptauSha256, crs } = deploy
  if (ptauSha256 !== undefined && !isBytes32(ptauSha256)) {
    throw new CommandFailure('--ptau-sha256 is 0x and 64 hex digits', 2)
  }
  const ceremony = {
    ...(ptauSha256 !== undefined && { ptauSha256: bytes32(ptauSha256) }),
    ...(crs !== undefined && { crsFolder: crs }),
  }
  return {
    ...(provers !== undefined && { proversFolder: provers }),
    ...(zkHome !== undefined && { zkHome }),
    ...(Object.keys(ceremony).length > 0 && { ceremony }),
  }
}

async function writeCircuit(
  { name, program }: PreparedModel,
  language: CircuitLanguage,
  folder: string,
): Promise<void> {
  if (language === 'ezkl') throw new CommandFailure('--circuit-to is of circom and noir', 2)
  for (const [path, content] of Object.entries(circuitSourceOf(name, program, language).files)) {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  }
}

function describePrepared(
  prepared: PreparedModel,
  { language, because, costs }: Chosen & Costs,
): readonly string[] {
  const { name, inputs, outputs, quantization, report } = prepared
  const { rows, rowsRefused } = report
  const refused = rowsRefused === 0 ? '' : `, ${rowsRefused} rows of it outside of its inputs`
  return [
    `${name}: ${inputs} values in, ${outputs} out; ${quantization}`,
    `  compared with onnxruntime's floats over ${rows} rows${refused}:`,
    ...report.outputs.map(describeErrors),
    `  ${percentOf(report.sameDecisions)} of the rows decide the same`,
    '  a proof will cost, in seconds of one processor:',
    ...costs.map((cost) => `    ${describeCost(cost)}`),
    `  proved with ${language} (${because})`,
  ]
}

function describeErrors(output: ErrorReport['outputs'][number]): string {
  const { name, mean, p99, max, outputMin, outputMax, bound } = output
  const most = bound === null ? 'no bound for every input' : `at most ${short(bound)} for any input`
  return `  ${plainLine(name)} from ${short(outputMin)} to ${short(outputMax)}: error mean ${short(mean)}, p99 ${short(p99)}, max ${short(max)}; ${most}`
}

const percentOf = (share: number): string => `${short(100 * share)} %`

/** Its floats of the sample: the file was read by ours before it comes to native code. */
const askOnnxruntime: AskFloats = async ({ onnx, sample }, outputs) => {
  const { openFloatModel } = await import('../engine/float-model.ts')
  const model = await openFloatModel(onnx, { outputs })
  if (!model.ok) return model
  const rows: (readonly number[])[] = []
  for (const row of sample) rows.push(await model.value.answer(row))
  await model.value.release()
  return ok(rows)
}

const short = (value: number): string => Number(value.toPrecision(4)).toString()

const preparedObject = (
  { name, inputs, outputs, quantization, report }: PreparedModel,
  { language, because, costs }: Chosen & Costs,
) => ({
  ...{ object: 'vouch.model_plan', name, inputs, outputs, quantization },
  ...{ error: report, costs, prove: language, because },
})

const deployedObject = ({ modelId, name, version, verifier, built }: DeployedModel) => {
  const { system, vkHash, setup, constraints } = built.artefacts.artefact
  return {
    ...{ object: 'vouch.model_deployment', model: modelId, name, version, verifier },
    ...{ system, vk_hash: vkHash, setup, constraints },
  }
}

function describeDeployed(
  { modelId, name, version, verifier, built }: DeployedModel,
  terms: ModelTerms,
): readonly string[] {
  const { artefact } = built.artefacts
  const { system, constraints, setup } = artefact
  const warning =
    setup === devInsecure
      ? ['its keys are dev-insecure: anybody can forge its proofs, and no real chain takes them']
      : []
  return [
    `deployed ${name}@${version}  ${modelId}`,
    `  ${system}, ${constraints} rows, key ${artefact.vkHash}`,
    `  verifier ${verifier}, registered with ModelProofs`,
    ...warning,
    `  'vouch models show ${name} --store ${terms.storeFolder}' lists its files`,
  ]
}
