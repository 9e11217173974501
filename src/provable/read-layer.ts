import type { Layer, Window } from './fixed-point-graph.ts'
import { integer, integers, listOf, objectWith, type Place, text, wrong } from './json-fields.ts'
import { layerNumbers, layerSteps } from './layer-costs.ts'
import { layerElements } from './layer-elements.ts'
import {
  exactIntegerMax,
  graphNumbersMax,
  layersMax,
  scaleBitsMax,
  shiftBitsMax,
  tensorElementsMax,
} from './limits.ts'
import { readTrees } from './read-trees.ts'
import { readWindow } from './read-window.ts'
import { windowPlaces, windowPositions } from './window.ts'

/** What is known of a graph whose layers are being read; each layer adds its output and takes of what is left. */
export type GraphReading = {
  /** Of each tensor so far. */
  readonly elements: number[]
  elementsLeft: number
  numbersLeft: number
  stepsLeft: number
}

export function readLayer(json: Place, reading: GraphReading): Layer {
  const layer = readKind(json, reading.elements)
  const elementsOfInput = (tensor: number): number => reading.elements[tensor] ?? 0
  const elements = layerElements(layer, elementsOfInput)
  if (elements > tensorElementsMax) wrong(json.place, `has more than ${tensorElementsMax} values`)
  reading.elementsLeft -= elements
  reading.numbersLeft -= layerNumbers(layer)
  reading.stepsLeft -= layerSteps(layer, elementsOfInput)
  if (reading.elementsLeft < 0) wrong(json.place, 'is beyond what a graph may have of values')
  if (reading.numbersLeft < 0) wrong(json.place, 'is beyond what a graph may have of numbers')
  if (reading.stepsLeft < 0) wrong(json.place, 'is beyond what a graph may need of steps')
  reading.elements.push(elements)
  return layer
}

type Reader = (layer: Place, elements: readonly number[]) => Layer

const kindOf = ({ value }: Place): unknown =>
  typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined

function readKind(json: Place, elements: readonly number[]): Layer {
  const kind = kindOf(json)
  if (typeof kind !== 'string' || !Object.hasOwn(readers, kind)) {
    return wrong(json.place, 'has no kind that is known')
  }
  return readers[kind as Layer['kind']](json, elements)
}

const shared = ['kind', 'name', 'scaleBits'] as const

type Shared<Kind extends Layer['kind']> = {
  readonly kind: Kind
  readonly name: string
  readonly scaleBits: number
}

type SharedFields = { readonly kind: Place; readonly name: Place; readonly scaleBits: Place }

const sharedOf = <Kind extends Layer['kind']>(kind: Kind, fields: SharedFields): Shared<Kind> => ({
  kind,
  name: text(fields.name),
  scaleBits: integer(fields.scaleBits, { min: 0, max: scaleBitsMax }),
})

const exact = { min: -exactIntegerMax, max: exactIntegerMax }
const size = { min: 1, max: tensorElementsMax }

const shiftOf = (json: Place): number => integer(json, { min: 0, max: shiftBitsMax })
const tensorOf = (json: Place, elements: readonly number[]): number =>
  integer(json, { min: 0, max: elements.length - 1 })
const exactly = (json: Place, length: number): readonly number[] =>
  integers(json, { ...exact, lengthMin: length, lengthMax: length })
const some = (json: Place): readonly number[] =>
  integers(json, { ...exact, lengthMin: 1, lengthMax: graphNumbersMax })

/** Two tensors of one size. */
function pairOf(json: Place, elements: readonly number[]): readonly [number, number] {
  const places = listOf(json, { min: 2, max: 2 })
  const [first = 0, second = 0] = places.map((place) => tensorOf(place, elements))
  if (elements[first] !== elements[second]) wrong(json.place, 'are tensors of different sizes')
  return [first, second]
}

const of = <Name extends string>(
  json: Place,
  names: readonly Name[],
): Record<Name | (typeof shared)[number], Place> => objectWith(json, [...shared, ...names])

const readers: { readonly [Kind in Layer['kind']]: Reader } = {
  dense: readDense,
  convolution: readConvolution,
  scale: (json, elements) => {
    const fields = of(json, ['input', 'multipliers', 'offsets', 'repeat', 'shift'])
    const multipliers = some(fields.multipliers)
    return {
      ...sharedOf('scale', fields),
      input: tensorOf(fields.input, elements),
      multipliers,
      offsets: exactly(fields.offsets, multipliers.length),
      repeat: integer(fields.repeat, size),
      shift: shiftOf(fields.shift),
    }
  },
  add: (json, elements) => {
    const fields = of(json, ['inputs', 'multipliers', 'offset', 'shift'])
    const [first = 0, second = 0] = exactly(fields.multipliers, 2)
    return {
      ...sharedOf('add', fields),
      inputs: pairOf(fields.inputs, elements),
      multipliers: [first, second],
      offset: integer(fields.offset, exact),
      shift: shiftOf(fields.shift),
    }
  },
  multiply: (json, elements) => {
    const fields = of(json, ['inputs', 'offset', 'shift'])
    return {
      ...sharedOf('multiply', fields),
      inputs: pairOf(fields.inputs, elements),
      offset: integer(fields.offset, exact),
      shift: shiftOf(fields.shift),
    }
  },
  clip: (json, elements) => {
    const fields = of(json, ['input', 'atLeast', 'atMost'])
    const bound = (field: Place): number | null =>
      field.value === null ? null : integer(field, exact)
    const atLeast = bound(fields.atLeast)
    const atMost = bound(fields.atMost)
    if (atLeast !== null && atMost !== null && atLeast > atMost) {
      wrong(json.place, 'clips to nothing')
    }
    return {
      ...sharedOf('clip', fields),
      input: tensorOf(fields.input, elements),
      atLeast,
      atMost,
    }
  },
  leakyRelu: (json, elements) => {
    const fields = of(json, ['input', 'slopes', 'repeat', 'offset', 'shift'])
    return {
      ...sharedOf('leakyRelu', fields),
      input: tensorOf(fields.input, elements),
      slopes: some(fields.slopes),
      repeat: integer(fields.repeat, size),
      offset: integer(fields.offset, exact),
      shift: shiftOf(fields.shift),
    }
  },
  maxPool: (json, elements) => {
    const fields = of(json, ['input', 'window'])
    const input = tensorOf(fields.input, elements)
    const window = readWindow(fields.window, elements[input] ?? 0)
    if (hasEmptyPlace(window)) wrong(fields.window.place, 'stands in the padding alone')
    return { ...sharedOf('maxPool', fields), input, window }
  },
  sumPool: readSumPool,
  arrange: readArrange,
  treeEnsemble: (json, elements) => {
    const fields = of(json, ['input', 'outputs', 'offsets', 'trees'])
    const input = tensorOf(fields.input, elements)
    const outputs = integer(fields.outputs, size)
    return {
      ...sharedOf('treeEnsemble', fields),
      input,
      outputs,
      offsets: exactly(fields.offsets, outputs),
      trees: readTrees(fields.trees, { features: elements[input] ?? 0, outputs }),
    }
  },
  argMax: (json, elements) => {
    const fields = of(json, ['input', 'rows', 'labels'])
    const input = tensorOf(fields.input, elements)
    const rows = integer(fields.rows, size)
    const labels = some(fields.labels)
    if (rows * labels.length !== elements[input]) {
      wrong(json.place, `does not cover the ${elements[input]} values of its input`)
    }
    return { ...sharedOf('argMax', fields), input, rows, labels }
  },
}

function readDense(json: Place, elements: readonly number[]): Layer {
  const fields = of(json, ['input', 'rows', 'columns', 'outputs', 'weights', 'biases', 'shift'])
  const input = tensorOf(fields.input, elements)
  const rows = integer(fields.rows, size)
  const columns = integer(fields.columns, size)
  const outputs = integer(fields.outputs, size)
  if (rows * columns !== elements[input]) {
    wrong(json.place, `does not cover the ${elements[input]} values of its input`)
  }
  return {
    ...sharedOf('dense', fields),
    input,
    rows,
    columns,
    outputs,
    weights: exactly(fields.weights, columns * outputs),
    biases: exactly(fields.biases, outputs),
    shift: shiftOf(fields.shift),
  }
}

function readConvolution(json: Place, elements: readonly number[]): Layer {
  const names = ['input', 'window', 'groups', 'outputs', 'weights', 'biases', 'shift'] as const
  const fields = of(json, names)
  const input = tensorOf(fields.input, elements)
  const window = readWindow(fields.window, elements[input] ?? 0)
  const groups = integer(fields.groups, { min: 1, max: window.channels })
  const outputs = integer(fields.outputs, size)
  if (window.channels % groups !== 0 || outputs % groups !== 0) {
    wrong(fields.groups.place, 'do not divide the channels')
  }
  const [height, width] = window.kernel
  const weights = outputs * (window.channels / groups) * height * width
  return {
    ...sharedOf('convolution', fields),
    input,
    window,
    groups,
    outputs,
    weights: exactly(fields.weights, weights),
    biases: exactly(fields.biases, outputs),
    shift: shiftOf(fields.shift),
  }
}

function readSumPool(json: Place, elements: readonly number[]): Layer {
  const fields = of(json, ['input', 'window', 'multipliers', 'offset', 'shift'])
  const input = tensorOf(fields.input, elements)
  const window = readWindow(fields.window, elements[input] ?? 0)
  const { rows, columns } = windowPlaces(window)
  const multipliers = some(fields.multipliers)
  if (multipliers.length !== 1 && multipliers.length !== rows * columns) {
    wrong(fields.multipliers.place, `are neither one nor one for each of ${rows * columns} places`)
  }
  return {
    ...sharedOf('sumPool', fields),
    input,
    window,
    multipliers,
    offset: integer(fields.offset, exact),
    shift: shiftOf(fields.shift),
  }
}

function readArrange(json: Place, elements: readonly number[]): Layer {
  const fields = of(json, ['inputs', 'indices'])
  const places = listOf(fields.inputs, { min: 1, max: layersMax })
  const inputs = places.map((place) => tensorOf(place, elements))
  const all = inputs.reduce((sum, tensor) => sum + (elements[tensor] ?? 0), 0)
  if (all > 4 * tensorElementsMax) wrong(fields.inputs.place, 'have too many values')
  const indices = integers(fields.indices, {
    min: -1,
    max: all - 1,
    lengthMin: 1,
    lengthMax: tensorElementsMax,
  })
  return { ...sharedOf('arrange', fields), inputs, indices }
}

function hasEmptyPlace(window: Window): boolean {
  const area = window.kernel[0] * window.kernel[1]
  const positions = windowPositions(window)
  for (let place = 0; place < positions.length; place += area) {
    if (positions.subarray(place, place + area).every((position) => position < 0)) return true
  }
  return false
}
