/*
 * Bounds of reading files of weights, which anybody may have made. What they hold is only counted and named here, never
 * computed with. Names end in the unit.
 */

/** Files of one model: the largest published ones have some two hundred. */
export const weightFilesMax = 4_096
/** A configuration, an index or a manifest above this is not read. */
export const modelJsonBytesMax: number = 64 * 1024 * 1024
/** The header of a safetensors file: the format's own bound. */
export const safetensorsHeaderBytesMax = 100_000_000
/** Entries of a GGUF header; models have some fifty. */
export const ggufEntriesMax = 65_536
/** The longest name of an entry: the format's own bound. */
export const ggufNameBytesMax = 65_535
/** The longest text that is kept; a longer one, such as a chat template, is read past. */
export const ggufTextBytesMax = 4_096
/** Members of all lists of a GGUF header together: a vocabulary, its scores and its merges have a million. */
export const ggufElementsMax = 16_777_216
/** Lists within lists. */
export const ggufDepthMax = 4
export const tensorsMax = 1_048_576
export const tensorDimensionsMax = 16
/** Graphs within nodes of graphs. */
export const onnxDepthMax = 32
/** Fields of an ONNX file that are looked at; the tensors' own numbers are none. */
export const onnxFieldsMax = 16_777_216
/** What is read from the disk at a time. */
export const readChunkBytes: number = 1024 * 1024
/** Files whose sha256 is remembered; the oldest is forgotten first. */
export const digestsKept = 8_192
