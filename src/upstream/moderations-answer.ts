import { isFields, parseWhole } from './answer-json.ts'
import type { AskedOf, WholeUnits } from './whole-units.ts'

/** Undefined unless there is a verdict on each input. Source: OpenAI API reference, "The moderation object". */
export function readModerations(body: Buffer, asked: AskedOf): WholeUnits | undefined {
  const json = parseWhole(body)
  const results = json?.['results']
  if (json === undefined || !Array.isArray(results)) return undefined
  if (results.length !== asked.choiceCount || !results.every(isVerdict)) return undefined
  return {
    bytes: Buffer.from(JSON.stringify(json)),
    usage: undefined,
    units: results.length,
    source: 'reported',
    delivered: results.map((result) => Buffer.from(JSON.stringify(result))),
  }
}

const isVerdict = (result: unknown): boolean =>
  isFields(result) && typeof result['flagged'] === 'boolean'
