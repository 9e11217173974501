/* The layers that are weighted sums, before their shift. */
import { noWire, type Wire } from './circuit-program.ts'
import type {
  AddLayer,
  ConvolutionLayer,
  DenseLayer,
  ScaleLayer,
  SumPoolLayer,
} from './fixed-point-graph.ts'
import { combination, linear, type ProgramBuilder } from './program-builder.ts'
import { windowPositions } from './window.ts'

export type LinearLayer = DenseLayer | ConvolutionLayer | ScaleLayer | AddLayer | SumPoolLayer

export function linearLayer(
  builder: ProgramBuilder,
  layer: LinearLayer,
  inputs: readonly (readonly Wire[])[],
): readonly Wire[] {
  const x = inputs[0] ?? []
  switch (layer.kind) {
    case 'dense':
      return dense(builder, layer, x)
    case 'convolution':
      return convolution(builder, layer, x)
    case 'scale':
      return scale(builder, layer, x)
    case 'add':
      return combination(builder, inputs, { weights: layer.multipliers, bias: layer.offset })
    case 'sumPool':
      return sumPool(builder, layer, x)
  }
}

function dense(
  builder: ProgramBuilder,
  { rows, columns, outputs, weights, biases }: DenseLayer,
  x: readonly Wire[],
): readonly Wire[] {
  return linear(builder, {
    rows: biases.map((bias, output) => ({
      weights: weights.slice(output * columns, (output + 1) * columns),
      bias,
    })),
    rowOf: counted(rows * outputs, (element) => element % outputs),
    taps: counted(rows, (row) => x.slice(row * columns, (row + 1) * columns)),
    tapsOf: counted(rows * outputs, (element) => Math.floor(element / outputs)),
  })
}

function convolution(
  builder: ProgramBuilder,
  { window, groups, outputs, weights, biases }: ConvolutionLayer,
  x: readonly Wire[],
): readonly Wire[] {
  const channels = window.channels / groups
  const taken = channels * window.kernel[0] * window.kernel[1]
  const byChannel = windowTaps(window, x)
  const places = byChannel[0]?.length ?? 0
  const groupTaps = (group: number, place: number): readonly Wire[] =>
    byChannel
      .slice(group * channels, (group + 1) * channels)
      .flatMap((placesOfChannel) => placesOfChannel[place] ?? [])
  return linear(builder, {
    rows: biases.map((bias, output) => ({
      weights: weights.slice(output * taken, (output + 1) * taken),
      bias,
    })),
    rowOf: counted(outputs * places, (element) => Math.floor(element / places)),
    taps: counted(groups * places, (at) => groupTaps(Math.floor(at / places), at % places)),
    tapsOf: counted(outputs * places, (element) => {
      const group = Math.floor((Math.floor(element / places) * groups) / outputs)
      return group * places + (element % places)
    }),
  })
}

function scale(
  builder: ProgramBuilder,
  { multipliers, offsets, repeat }: ScaleLayer,
  x: readonly Wire[],
): readonly Wire[] {
  return linear(builder, {
    rows: multipliers.map((multiplier, at) => ({ weights: [multiplier], bias: offsets[at] ?? 0 })),
    rowOf: x.map((_, element) => Math.floor(element / repeat) % multipliers.length),
    taps: x.map((wire) => [wire]),
    tapsOf: x.map((_, element) => element),
  })
}

function sumPool(
  builder: ProgramBuilder,
  { window, multipliers, offset }: SumPoolLayer,
  x: readonly Wire[],
): readonly Wire[] {
  const byChannel = windowTaps(window, x)
  const places = byChannel[0]?.length ?? 0
  const taken = window.kernel[0] * window.kernel[1]
  const elements = window.channels * places
  return linear(builder, {
    rows: multipliers.map((multiplier) => ({
      weights: new Array<number>(taken).fill(multiplier),
      bias: offset,
    })),
    rowOf: counted(elements, (element) => (element % places) % multipliers.length),
    taps: byChannel.flat(),
    tapsOf: counted(elements, (element) => element),
  })
}

/** By channel and place, what the window covers there, in the order of the kernel; nothing in the padding. */
export function windowTaps(
  window: ConvolutionLayer['window'],
  x: readonly Wire[],
): readonly (readonly (readonly Wire[])[])[] {
  const positions = windowPositions(window)
  const area = window.kernel[0] * window.kernel[1]
  const plane = window.height * window.width
  return counted(window.channels, (channel) =>
    counted(positions.length / area, (place) =>
      Array.from(positions.subarray(place * area, (place + 1) * area), (position) =>
        position < 0 ? noWire : (x[channel * plane + position] ?? noWire),
      ),
    ),
  )
}

const counted = <T>(length: number, item: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => item(index))
