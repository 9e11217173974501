/** Tokens of one answer. `cachedPromptTokens` is part of `promptTokens`, `reasoningTokens` part of `completionTokens`. */
export type Usage = {
    readonly promptTokens: number;
    readonly cachedPromptTokens: number;
    readonly completionTokens: number;
    readonly reasoningTokens: number;
};
/** Who counted: the engine, ourselves because the engine said nothing, or ourselves because the engine said too much. */
export type UsageSource = 'reported' | 'counted' | 'corrected';
export type MeteredUsage = Usage & {
    readonly source: UsageSource;
};
export declare const noUsage: Usage;
