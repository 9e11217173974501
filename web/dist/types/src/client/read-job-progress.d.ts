import type { PlacedEvent } from '../chain/coordinator-events.js';
import type { CoordinatorJob } from '../chain/inference-coordinator.js';
import type { JobProgress } from './job-progress.js';
/** A node whose log of a job does not belong to the state that it tells of the same job. */
export declare class JobContradiction extends Error {
    readonly name = "JobContradiction";
}
/**
 * What an event says of a job; undefined for one that changes nothing for whoever waits. `agreed` is what the coordinator's
 * state has of a delivered job: content that is not of its hash throws a `JobContradiction`.
 */
export declare function readJobProgress({ event, blockNumber, transactionHash }: PlacedEvent, agreed: CoordinatorJob['delivered']): JobProgress | undefined;
