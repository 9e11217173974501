import { err, ok, type Result } from '../base/result.ts'

/** Rows of inputs that the model is tried on: what they look like decides its scales, and the report is about them. */
export type Sample = readonly (readonly number[])[]

export const sampleBytesMax: number = 4 * 1024 * 1024
const rowsMax = 4_096
/** No tensor has more dimensions: what is nested deeper is no number, and refused for that. */
const rankMax = 8

/**
 * A JSON list of rows, each a list of numbers (nested as the tensor is, or flat), or the same under `input_data` as ezkl has it. One row
 * alone is a sample of one.
 */
export function readSample(text: string): Result<Sample, string> {
  if (text.length > sampleBytesMax) return err(`the sample is longer than ${sampleBytesMax} bytes`)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return err('the sample is not JSON')
  }
  const list = Array.isArray(json) ? json : (json as { input_data?: unknown } | null)?.input_data
  if (!Array.isArray(list) || list.length === 0) return err('the sample is no list of rows')
  const rows = list.every((value) => typeof value === 'number') ? [list] : list
  if (rows.length > rowsMax) return err(`the sample has over ${rowsMax} rows`)
  const sample = rows.map(flatNumbers)
  const wrong = sample.indexOf(undefined)
  if (wrong >= 0) return err(`row ${wrong} of the sample is no list of numbers`)
  return ok(sample.filter((row) => row !== undefined))
}

function flatNumbers(row: unknown): readonly number[] | undefined {
  if (!Array.isArray(row)) return undefined
  const flat: unknown[] = row.flat(rankMax)
  const isWhole = flat.every((value) => typeof value === 'number' && Number.isFinite(value))
  return isWhole && flat.length > 0 ? (flat as number[]) : undefined
}
