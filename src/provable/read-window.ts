import type { Window } from './fixed-point-graph.ts'
import { integer, integers, objectWith, type Place, wrong } from './json-fields.ts'
import { tensorElementsMax, windowSizeMax } from './limits.ts'
import { windowPlaces } from './window.ts'

const names = ['channels', 'height', 'width', 'kernel', 'strides', 'dilations', 'padding'] as const

/** A window over `elements` values that stands somewhere. */
export function readWindow(json: Place, elements: number): Window {
  const fields = objectWith(json, names)
  const size = { min: 1, max: tensorElementsMax }
  const window: Window = {
    channels: integer(fields.channels, size),
    height: integer(fields.height, size),
    width: integer(fields.width, size),
    kernel: pair(fields.kernel),
    strides: pair(fields.strides),
    dilations: pair(fields.dilations),
    padding: sides(fields.padding),
  }
  if (window.channels * window.height * window.width !== elements) {
    wrong(json.place, `does not stand over the ${elements} values of its input`)
  }
  const { rows, columns } = windowPlaces(window)
  if (rows < 1 || columns < 1) wrong(json.place, 'is larger than what it stands over')
  if (rows * columns * window.kernel[0] * window.kernel[1] > 4 * tensorElementsMax) {
    wrong(json.place, 'stands at too many places')
  }
  return window
}

function pair(json: Place): readonly [number, number] {
  const [first = 1, second = 1] = integers(json, {
    min: 1,
    max: windowSizeMax,
    lengthMin: 2,
    lengthMax: 2,
  })
  return [first, second]
}

function sides(json: Place): readonly [number, number, number, number] {
  const terms = { min: 0, max: windowSizeMax, lengthMin: 4, lengthMax: 4 }
  const [top = 0, left = 0, bottom = 0, right = 0] = integers(json, terms)
  return [top, left, bottom, right]
}
