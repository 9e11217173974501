import { type WorkStatus } from '../domain/receipt.js';
import { type CheckLine } from './check-line.js';
/** `left`: the reader did not wait for the end. */
export type AnswerEnd = 'whole' | 'told-error' | 'silent' | 'left';
/** How a stream ended whose every byte is there. */
export declare function endOfStream(body: Uint8Array): Exclude<AnswerEnd, 'left'>;
/**
 * The bytes before a closing error event, which a receipt does not cover; all of them where that event has anything else
 * that a reader might take for a part of the answer.
 */
export declare function beforeErrorEvent(body: Uint8Array): Uint8Array;
export declare function checkEnding(end: AnswerEnd, status: WorkStatus): CheckLine;
