import { type Address, type AtomicAmount, type Bytes32, type UnixSeconds } from './units.js';
import type { Usage } from './usage.js';
/** What one operator asks for one model, in atomic units of `asset` per million tokens. EIP-712 order. */
export type PriceSheet = {
    /** The gateway (or contributor) whose prices these are. */
    readonly operator: Address;
    readonly modelId: Bytes32;
    readonly asset: Address;
    readonly promptAtomicPerMtok: AtomicAmount;
    readonly cachedPromptAtomicPerMtok: AtomicAmount;
    readonly completionAtomicPerMtok: AtomicAmount;
    /** Inclusive. */
    readonly validFrom: UnixSeconds;
    /** Inclusive; 0: until replaced. */
    readonly validUntil: UnixSeconds;
};
/** What tokens cost, whoever says so. */
export type TokenPrices = Pick<PriceSheet, 'promptAtomicPerMtok' | 'cachedPromptAtomicPerMtok' | 'completionAtomicPerMtok'>;
/** What is asked where nothing is. */
export declare const noPrices: TokenPrices;
/** Whether these prices are those, or more, for tokens of which none was cached. */
export declare const coversTokens: (paid: TokenPrices, asked: TokenPrices) => boolean;
/** The prices alone of something that has them among other members. */
export declare const tokenPricesOf: ({ promptAtomicPerMtok, cachedPromptAtomicPerMtok, completionAtomicPerMtok, }: TokenPrices) => TokenPrices;
/** The lowest and the highest of each kind of token, each perhaps of another contributor. */
export type PriceRange = {
    readonly lowest: TokenPrices;
    readonly highest: TokenPrices;
};
export declare const rangeOfBoth: (one: PriceRange, other: PriceRange) => PriceRange;
/** Of each kind of token the lower price. */
export declare const lowestOf: (one: TokenPrices, other: TokenPrices) => TokenPrices;
export declare const isSamePrice: (one: TokenPrices, other: TokenPrices) => boolean;
/**
 * The one price formula: cached prompt tokens are a subset of the prompt tokens (OpenAI's convention), the sum is rounded
 * up once. The same arithmetic stands in the contracts (overcharge evidence).
 */
export declare function priceRoundedUp(prices: TokenPrices, usage: Pick<Usage, 'promptTokens' | 'cachedPromptTokens' | 'completionTokens'>): AtomicAmount;
/** The same of a usage and a sheet that anybody may have made up: undefined where they make no price, or none of 128 bits. */
export declare function priceOfAnybody(prices: TokenPrices, usage: Pick<Usage, 'promptTokens' | 'cachedPromptTokens' | 'completionTokens'>): AtomicAmount | undefined;
/** Completion tokens that `amount` pays for beside a whole, uncached prompt. Infinite where they are free. */
export declare function completionTokensFor(prices: PriceSheet, paid: {
    readonly amount: AtomicAmount;
    readonly promptTokens: number;
}): number;
