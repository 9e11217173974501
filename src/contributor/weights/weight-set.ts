/** Files of one model on this machine. Names are those that stand in its manifest. */
export type WeightSet = {
  readonly format: WeightsFormat
  readonly weights: readonly NamedFile[]
  /** What else decides what the model answers: its configuration, its tokenizer, a template. */
  readonly others: readonly NamedFile[]
  /** The commit that they are of, where the place that they lie in says so. */
  readonly revision: string | null
}

export type WeightsFormat = 'gguf' | 'safetensors' | 'onnx'

export type NamedFile = { readonly name: string; readonly path: string }

/** What files say of a model. What none of them says is null, and never guessed. */
export type WeightFacts = {
  readonly architecture: string | null
  readonly parameters: number | null
  readonly quantization: string | null
  /** Positions that the model was made for; its engine may serve fewer. */
  readonly contextTokens: number | null
  readonly tokenizerSha256: string | null
}
