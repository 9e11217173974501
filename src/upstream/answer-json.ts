/*
 * What all readers of answers know of JSON: engines deviate from OpenAI's reference, so nothing is taken for granted.
 */
import { jsonDepthMax } from '../base/limits.ts'

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
 * JSON.stringify takes time and memory beyond measure for an array nested millions deep (Node 26: 2 s at 4 MB, all memory at
 * 32 MB). What is shorter than this cannot be deep enough to hurt.
 */
const shallowBytesMax = 64 * 1024

/** Whether what was parsed of `body` may be written again. */
export const isShallowEnough = (json: Fields, body: Buffer): boolean =>
  body.length <= shallowBytesMax || isShallow(json, jsonDepthMax)

/** A whole number that fits the uint32 of a Work. */
export const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2 ** 32 - 1
    ? value
    : undefined
