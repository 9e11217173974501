/*
 * What readers of APIs that a chat completion was translated to have in common.
 */
import type { AnsweredChoice } from './read-answer.ts'

export type Fields = Readonly<Record<string, unknown>>

/** A call whose arguments may still grow. */
export type Called = { readonly id: unknown; readonly name: unknown; arguments: string }

export const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}

export const asList = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.map(asFields) : []

export const asText = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The calls in the form of `message.tool_calls`. */
export const translatedAnswer = (text: string, calls: Iterable<Called>): AnsweredChoice => ({
  text,
  toolCalls: Array.from(calls, ({ id, name, arguments: written }) => ({
    id,
    type: 'function',
    function: { name, arguments: written },
  })),
  isTranslated: true,
})
