/*
 * Bounds of the search for engines. Names end in the unit.
 */

/** A server on this machine that says nothing for so long is busy with something else. */
export const engineAnswerTimeoutMs = 2_000
/** A list of all models with their licences, as Ollama sends it, is far below. */
export const engineAnswerBytesMax: number = 4 * 1024 * 1024
/** Models of one engine that are looked at; what may be offered at a gateway is fewer. */
export const engineModelsMax = 64
/**
 * What Ollama reads of a prompt where neither the model nor its environment says more, on a GPU of less than 24 GB
 * (docs/context-length.mdx of ollama/ollama). It cuts longer prompts without a word.
 */
export const ollamaContextDefaultTokens = 4_096
/** Until an engine has answered one question of the self-test: the first may load a model from a slow disk. */
export const measureTimeoutMs = 180_000
/** Tokens that it writes for the self-test. */
export const measuredTokens = 64
/** A longer context than this is believed: filling it would take an engine minutes. */
export const measuredContextMaxTokens = 8_192
/** Between two looks whether the engine is there, and how many misses in a row mean that it is not. */
export const engineLookMs = 2_000
export const engineMissesMax = 2
