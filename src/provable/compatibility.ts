/*
 * Which proof system takes a model, and what keeps the others from it: the operator, by its node, and the systems that have it. Nothing
 * is built, so that a system that takes a model here may still find it too large.
 */
import type { Result } from '../base/result.ts'
import { ezklTakes } from './ezkl-operators.ts'
import { inputsOf } from './fixed-point-graph.ts'
import { type LowerTerms, lowerOnnx, neededNodes, wantedOutputs } from './lower-onnx.ts'
import { type ModelFault, quoted } from './model-fault.ts'
import type { OnnxModel, OnnxNode } from './onnx-model.ts'
import { operatorOf } from './operators.ts'
import { nodePlace } from './read-onnx-node.ts'
import type { RealGraph } from './real-graph.ts'

/**
 * `circom` and `noir` prove what we bring down to whole numbers; `ezkl-own` is our writer of ezkl's files, `ezkl-python` ezkl's own
 * compiler, where its package is installed.
 */
export type ProofSystem = 'circom' | 'noir' | 'ezkl-own' | 'ezkl-python'

/** Why a system does not take the model, an empty list where it does. */
export type Compatibility = Readonly<Record<ProofSystem, readonly string[]>>

const reasonsMax = 16

export function compatibility(model: OnnxModel, terms: LowerTerms = {}): Compatibility {
  const nodes = nodesOf(model, terms)
  const lowered = lowerOnnx(model, terms)
  const circuits = circuitReasons(nodes, lowered)
  const own = lowered.ok ? ezklOwnReasons(lowered.value) : circuits
  const python = nodes
    .filter(({ node }) => !ezklTakes(node))
    .map(({ place, node }) => `${place}: ${operatorName(node)} is not known to be taken by ezkl`)
  const cut = (reasons: readonly string[]): readonly string[] => reasons.slice(0, reasonsMax)
  return {
    circom: cut(circuits),
    noir: cut(circuits),
    'ezkl-own': cut(own),
    'ezkl-python': cut(python),
  }
}

/** One sentence for a person whose system does not take the model: why not, and who does. */
export function describeRefusal(found: Compatibility, asked: ProofSystem): string {
  const systems = Object.keys(found) as ProofSystem[]
  const others = systems.filter((system) => found[system].length === 0)
  const why = found[asked].join('; ')
  return others.length === 0
    ? `${why}. No system here takes it.`
    : `${why}. ${others.join(', ')} can take it.`
}

type Placed = { readonly node: OnnxNode; readonly place: string }

function nodesOf(model: OnnxModel, { outputs }: LowerTerms): readonly Placed[] {
  const known = outputs?.filter((name) => model.outputs.some((output) => output.name === name))
  const wanted = wantedOutputs(model, known).map(({ name }) => name)
  const needed = neededNodes(model, wanted)
  return model.nodes.flatMap((node, index) =>
    needed.has(index) ? [{ node, place: nodePlace(`graph.node[${index}]`, node) }] : [],
  )
}

const operatorName = ({ op, domain }: OnnxNode): string =>
  domain === '' ? op.slice(0, 40) : `${op.slice(0, 40)} of ${quoted(domain)}`

/** Every operator and attribute that is not known; where all are, what lowering met first. */
function circuitReasons(
  nodes: readonly Placed[],
  lowered: Result<RealGraph, ModelFault>,
): readonly string[] {
  if (lowered.ok) return []
  const unknown = nodes.flatMap(({ node, place }) => {
    const operator = operatorOf(node)
    if (operator === undefined) return [`${place}: ${operatorName(node)} is not supported`]
    return [...node.attributes.keys()]
      .filter((name) => !operator.attributes.includes(name))
      .map((name) => `${place}: attribute ${quoted(name)} is not supported`)
  })
  return unknown.length > 0 ? unknown : [`${lowered.error.place} ${lowered.error.detail}`]
}

/** Our writer takes dense layers, ReLUs between them, one input and one output. */
function ezklOwnReasons({ inputs, layers, outputs }: RealGraph): readonly string[] {
  const strange = layers.flatMap((layer, index) => {
    const isRelu = layer.kind === 'clip' && layer.atLeast === 0 && layer.atMost === null
    const isTaken = layer.kind === 'dense' || (isRelu && index > 0)
    if (!isTaken) return [`layer ${quoted(layer.name)}: ${layer.kind} is not written for ezkl`]
    const isNext = inputsOf(layer)[0] === index
    return isNext ? [] : [`layer ${quoted(layer.name)}: does not read the layer before it alone`]
  })
  if (inputs.length === 1 && outputs.length === 1 && outputs[0]?.tensor === layers.length) {
    return strange
  }
  return [...strange, 'the graph: has not one input and one output at its ends']
}
