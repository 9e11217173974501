export type ChatQuestion = {
    /** The model's name at the gateway. */
    readonly model: string;
    /** What the model is told of its task; nothing where it is empty. */
    readonly system?: string;
    readonly user: string;
    /** Tokens of the answer at most. */
    readonly completionTokensMax: number;
};
/** `ChatInput.chat`. Throws a TypeError for a text that is no UTF-8, which the contract refuses too. */
export declare function chatInput(question: ChatQuestion): Uint8Array;
/** `ChatInput.completion`: a text to be continued. */
export declare function completionInput(question: {
    readonly model: string;
    readonly prompt: string;
    readonly completionTokensMax: number;
}): Uint8Array;
/** `ChatInput.tensor`: `abi.encode(int256[])` of 32-bit integers. Throws a RangeError for any other number. */
export declare function encodeTensor(values: ArrayLike<number>): Uint8Array;
