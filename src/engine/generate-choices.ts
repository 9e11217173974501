import {
  type GeneratedToken,
  type GenerationEnd,
  type GenerationOptions,
  generate,
  type ReadPrompt,
} from './generate.ts'
import type { LanguageModel } from './load-model.ts'
import type { TextDelta } from './text-assembly.ts'

export type ChoiceEvent =
  | { readonly kind: 'delta'; readonly index: number; readonly delta: TextDelta<GeneratedToken> }
  | { readonly kind: 'end'; readonly index: number; readonly end: GenerationEnd }

/**
 * Several answers to one prompt, a token of each in turn. Choice `i` has the seed plus `i`, so it
 * is the answer that a request for one choice with that seed gets. The prompt's keys and values are
 * shared: it was read once.
 */
export async function* generateChoices(
  model: LanguageModel,
  prompt: ReadPrompt,
  options: GenerationOptions & { readonly choices: number; readonly signal: AbortSignal },
): AsyncGenerator<ChoiceEvent, void> {
  let open = Array.from({ length: options.choices }, (_, index) => ({
    index,
    steps: generate(model, prompt, { ...options, seed: options.seed + BigInt(index) }),
  }))
  while (open.length > 0) {
    const stillOpen: typeof open = []
    for (const choice of open) {
      const step = await choice.steps.next()
      const { index } = choice
      if (step.done) yield { kind: 'end', index, end: step.value }
      else {
        yield { kind: 'delta', index, delta: step.value }
        stillOpen.push(choice)
      }
    }
    open = stillOpen
  }
}
