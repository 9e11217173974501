import type { GeneratedToken, GenerationEnd, GenerationSteps } from './generate.ts'
import type { TextDelta } from './text-assembly.ts'

export type ChoiceEvent =
  | { readonly kind: 'delta'; readonly index: number; readonly delta: TextDelta<GeneratedToken> }
  | { readonly kind: 'end'; readonly index: number; readonly end: GenerationEnd }

type OpenChoice = {
  readonly index: number
  readonly steps: GenerationSteps
  /** Asked for before it is needed: all choices are to be in the same pass. */
  next: ReturnType<GenerationSteps['next']>
}

/**
 * Several answers, up to `atOnce` of them at a time, a token of each in turn. The next one begins
 * when one has ended.
 */
export async function* generateChoices(
  count: number,
  atOnce: number,
  start: (index: number) => GenerationSteps,
): AsyncGenerator<ChoiceEvent, void> {
  let open: OpenChoice[] = []
  let begun = 0
  try {
    while (begun < count || open.length > 0) {
      for (; begun < count && open.length < atOnce; begun += 1) open.push(begin(begun, start))
      const stillOpen: OpenChoice[] = []
      for (const choice of open) {
        const step = await choice.next
        const { index } = choice
        if (!step.done) {
          choice.next = asked(choice.steps)
          stillOpen.push(choice)
        }
        yield step.done
          ? { kind: 'end', index, end: step.value }
          : { kind: 'delta', index, delta: step.value }
      }
      open = stillOpen
    }
  } finally {
    // Where one failed, or nobody wants the rest, the others give their places back.
    for (const { steps } of open) void steps.return(nobodysEnd).catch(() => {})
  }
}

const nobodysEnd: GenerationEnd = { finishReason: undefined, completionTokens: 0 }

function begin(index: number, start: (index: number) => GenerationSteps): OpenChoice {
  const steps = start(index)
  return { index, steps, next: asked(steps) }
}

/** A failure is told to whoever awaits the step, and is no unhandled one until then. */
function asked(steps: GenerationSteps): ReturnType<GenerationSteps['next']> {
  const next = steps.next()
  next.catch(() => {})
  return next
}
