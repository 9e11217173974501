import type { Window } from './fixed-point-graph.ts'

/** Rows and columns of places that a window takes. Below 1 where the window is larger than what it stands over. */
export function windowPlaces(window: Window): { readonly rows: number; readonly columns: number } {
  const [top, left, bottom, right] = window.padding
  return {
    rows: placesAlong(window.height + top + bottom, window, 0),
    columns: placesAlong(window.width + left + right, window, 1),
  }
}

function placesAlong(length: number, { kernel, strides, dilations }: Window, axis: 0 | 1): number {
  const reach = (kernel[axis] - 1) * dilations[axis] + 1
  return Math.floor((length - reach) / strides[axis]) + 1
}

/**
 * What each place of a window covers, as positions height · width counts them in one channel, and −1 in the padding: of place p and
 * kernel position k it stands at p · (kernel height · kernel width) + k.
 */
export function windowPositions(window: Window): Int32Array {
  const { rows, columns } = windowPlaces(window)
  const { height, width, kernel, strides, dilations, padding } = window
  const positions = new Int32Array(rows * columns * kernel[0] * kernel[1])
  let at = 0
  for (let place = 0; place < rows * columns; place += 1) {
    const top = Math.floor(place / columns) * strides[0] - padding[0]
    const left = (place % columns) * strides[1] - padding[1]
    for (let row = 0; row < kernel[0]; row += 1) {
      for (let column = 0; column < kernel[1]; column += 1) {
        const y = top + row * dilations[0]
        const x = left + column * dilations[1]
        const isInside = y >= 0 && y < height && x >= 0 && x < width
        positions[at] = isInside ? y * width + x : -1
        at += 1
      }
    }
  }
  return positions
}
