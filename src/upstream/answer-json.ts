/*
 * What all readers of answers know of JSON: engines deviate from OpenAI's reference, so nothing is taken for granted.
 */
import { structureOf } from '../base/json-structure.ts'
import { answerNodesMax, jsonDepthMax } from '../base/limits.ts'

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const asFields = (value: unknown): Fields => (isFields(value) ? value : {})

/** Undefined for whatever is no JSON object. */
export function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isShallow(value: unknown, depthMax: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return depthMax > 0 && Object.values(value).every((member) => isShallow(member, depthMax - 1))
}

/**
 * The same of a whole answer. Undefined too for one that would hold the event loop for seconds, or take memory beyond measure:
 * millions of objects (Node 26: 4 s to parse 32 MB of them), or an array nested millions deep (2 s to write 4 MB).
 */
export const parseWhole = (body: Buffer): Fields | undefined =>
  isBounded(body) ? parseObject(body.toString()) : undefined

/** What is shorter than this can be nothing that hurts. */
const harmlessBytesMax = 64 * 1024

/** Whether an answer may be parsed, walked through and written again. */
export function isBounded(body: Buffer): boolean {
  if (body.length <= harmlessBytesMax) return true
  const { depth, members, containers } = structureOf(body)
  return depth <= jsonDepthMax && members + containers <= answerNodesMax
}

/** A whole number that fits the uint32 of a Work. */
export const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2 ** 32 - 1
    ? value
    : undefined
