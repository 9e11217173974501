/** A node whose log of a job does not belong to the state that it tells of the same job. */
export declare class JobContradiction extends Error {
    readonly name = "JobContradiction";
}
