/* Convolutions and pools. Source of paddings and roundings: onnx/onnx, docs/Operators.md, Conv, MaxPool and AveragePool. */
import type { Window } from './fixed-point-graph.ts'
import { windowSizeMax } from './limits.ts'
import {
  addLayer,
  attribute,
  boundedElements,
  constantAt,
  fail,
  type Lower,
  type LoweredNode,
  mustBe,
  optionalConstant,
  type Value,
  valueAt,
} from './lowering.ts'
import { windowPlaces, windowPositions } from './window.ts'

/** A window over an image, or over a line that is one row of an image. */
type Placed = { readonly window: Window; readonly isLine: boolean }

type Axis = {
  readonly size: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly before: number
  readonly after: number
}

const alone: Axis = { size: 1, kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 }

function placed(lowered: LoweredNode, value: Value, kernel: readonly number[]): Placed {
  const [batch, channels = 0, ...sizes] = value.shape
  if (batch !== 1 || (sizes.length !== 1 && sizes.length !== 2) || kernel.length !== sizes.length) {
    const detail = `slides over [${value.shape}]; a batch of one, channels, and one or two more are`
    fail(lowered, 'unsupported_operand', `${detail} supported`)
  }
  const axes = sizes.map((size, axis) => axisOf(lowered, { axis, size, kernel }))
  const isLine = axes.length === 1
  const [rows, columns] = isLine ? [alone, axes[0] ?? alone] : [axes[0] ?? alone, axes[1] ?? alone]
  const window: Window = {
    channels,
    height: rows.size,
    width: columns.size,
    kernel: [rows.kernel, columns.kernel],
    strides: [rows.stride, columns.stride],
    dilations: [rows.dilation, columns.dilation],
    padding: [rows.before, columns.before, rows.after, columns.after],
  }
  checkPlaces(lowered, window)
  return { window, isLine }
}

/** Before the list of all positions is made. */
function checkPlaces(lowered: LoweredNode, window: Window): void {
  const { rows, columns } = windowPlaces(window)
  if (!(rows >= 1 && columns >= 1)) {
    fail(lowered, 'shape_mismatch', 'has a kernel that is larger than what it slides over')
  }
  boundedElements(lowered, [window.channels, rows, columns])
  boundedElements(lowered, [rows, columns, ...window.kernel])
}

type AxisTerms = {
  readonly axis: number
  readonly size: number
  readonly kernel: readonly number[]
}

function axisOf(lowered: LoweredNode, { axis, size, kernel: kernels }: AxisTerms): Axis {
  const rank = kernels.length
  const kernel = kernels[axis] ?? 1
  const stride = sizeAt(lowered, 'strides', { at: axis, length: rank, least: 1 }) ?? 1
  const dilation = sizeAt(lowered, 'dilations', { at: axis, length: rank, least: 1 }) ?? 1
  if (!(kernel >= 1 && kernel <= windowSizeMax)) {
    fail(lowered, 'unsupported_attribute', `has a kernel of ${kernel}`)
  }
  const fixed = { size, kernel, stride, dilation }
  const automatic = attribute(lowered, 'auto_pad', 'text') ?? 'NOTSET'
  const reach = (kernel - 1) * dilation + 1
  if (automatic === 'SAME_UPPER' || automatic === 'SAME_LOWER') {
    const missing = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size)
    const half = Math.floor(missing / 2)
    const isUpper = automatic === 'SAME_UPPER'
    return {
      ...fixed,
      before: isUpper ? half : missing - half,
      after: isUpper ? missing - half : half,
    }
  }
  if (automatic === 'VALID') return { ...fixed, before: 0, after: 0 }
  mustBe(lowered, { name: 'auto_pad', value: automatic, expected: 'NOTSET' })
  const sides = { length: 2 * rank, least: 0 }
  const before = sizeAt(lowered, 'pads', { ...sides, at: axis }) ?? 0
  const after = sizeAt(lowered, 'pads', { ...sides, at: axis + rank }) ?? 0
  return { ...fixed, before, after: after + beyondEnd(lowered, { ...fixed, before, after }) }
}

/** With `ceil_mode` a last window may reach beyond the end, if it begins within the input or the padding before it. */
function beyondEnd(lowered: LoweredNode, axis: Axis): number {
  if ((attribute(lowered, 'ceil_mode', 'int') ?? 0) === 0) return 0
  const { size, kernel, stride, dilation, before, after } = axis
  const reach = (kernel - 1) * dilation + 1
  const places = Math.ceil((size + before + after - reach) / stride) + 1
  const last = (places - 1) * stride
  const start = last >= size + before ? last - stride : last
  return Math.max(0, start + reach - (size + before + after))
}

function sizeAt(
  lowered: LoweredNode,
  name: 'strides' | 'dilations' | 'pads',
  { at, length, least }: { readonly at: number; readonly length: number; readonly least: number },
): number | undefined {
  const sizes = attribute(lowered, name, 'ints')
  if (sizes === undefined || sizes.length === 0) return undefined
  const size = sizes[at] ?? 0
  if (sizes.length !== length || size < least || size > windowSizeMax) {
    fail(lowered, 'unsupported_attribute', `has "${name}" [${sizes.slice(0, 8)}]`)
  }
  return size
}

const outputShape = ({ window, isLine }: Placed, channels: number): readonly number[] => {
  const { rows, columns } = windowPlaces(window)
  return isLine ? [1, channels, columns] : [1, channels, rows, columns]
}

export const convolution: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const { shape, values } = constantAt(lowered, 1)
  const [outputs = 0, channelsRead = 0, ...kernel] = shape
  const told = attribute(lowered, 'kernel_shape', 'ints') ?? kernel
  if (told.length !== kernel.length || told.some((size, axis) => size !== kernel[axis])) {
    fail(lowered, 'shape_mismatch', `has a kernel [${told.slice(0, 8)}] and weights [${shape}]`)
  }
  const groups = attribute(lowered, 'group', 'int') ?? 1
  const at = placed(lowered, value, kernel)
  const { channels } = at.window
  const isWhole = groups >= 1 && channels === channelsRead * groups && outputs % groups === 0
  if (!isWhole) {
    fail(
      lowered,
      'shape_mismatch',
      `has ${groups} groups, ${channels} channels, weights [${shape}]`,
    )
  }
  const biases = [...(optionalConstant(lowered, 2)?.values ?? new Float64Array(outputs))]
  if (biases.length !== outputs) {
    fail(lowered, 'shape_mismatch', `has ${biases.length} biases for ${outputs} channels`)
  }
  const { window } = at
  const weights = [...values]
  const layer = {
    kind: 'convolution',
    input: value.tensor,
    window,
    groups,
    outputs,
    weights,
    biases,
  }
  return [addLayer(lowered, { ...layer, kind: 'convolution' }, outputShape(at, outputs))]
}

const kernelOf = (lowered: LoweredNode): readonly number[] =>
  attribute(lowered, 'kernel_shape', 'ints') ??
  fail(lowered, 'unsupported_attribute', 'has no "kernel_shape"')

/** What indices it answers besides is not there. */
export const maxPool: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const at = placed(lowered, value, kernelOf(lowered))
  if (countsOf(at.window).includes(0)) {
    fail(lowered, 'unsupported_attribute', 'has a window that stands in the padding alone')
  }
  const layer = { kind: 'maxPool', input: value.tensor, window: at.window } as const
  return [addLayer(lowered, layer, outputShape(at, at.window.channels))]
}

/** Values inside of each place of a window. */
function countsOf(window: Window): readonly number[] {
  const positions = windowPositions(window)
  const area = window.kernel[0] * window.kernel[1]
  return Array.from({ length: positions.length / area }, (_, place) =>
    positions
      .subarray(place * area, (place + 1) * area)
      .reduce((count, position) => count + (position < 0 ? 0 : 1), 0),
  )
}

export const averagePool: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const at = placed(lowered, value, kernelOf(lowered))
  const isPaddingCounted = (attribute(lowered, 'count_include_pad', 'int') ?? 0) !== 0
  const isCeiled = (attribute(lowered, 'ceil_mode', 'int') ?? 0) !== 0
  if (isPaddingCounted && isCeiled) {
    fail(lowered, 'unsupported_attribute', 'has "ceil_mode" with "count_include_pad"')
  }
  const area = at.window.kernel[0] * at.window.kernel[1]
  const counts = isPaddingCounted ? [area] : countsOf(at.window)
  if (counts.includes(0)) {
    fail(lowered, 'unsupported_attribute', 'has a window that stands in the padding alone')
  }
  const inverses = counts.map((count) => 1 / count)
  const isAlike = inverses.every((inverse) => inverse === inverses[0])
  const multipliers = isAlike ? inverses.slice(0, 1) : inverses
  const layer = { kind: 'sumPool', input: value.tensor, window: at.window } as const
  const shape = outputShape(at, at.window.channels)
  return [addLayer(lowered, { ...layer, multipliers, offset: 0 }, shape)]
}
