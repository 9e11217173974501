export type ShapeFault = {
    /** `receipt.work.status`; empty for the document itself. */
    readonly path: string;
    readonly expected: string;
    /** What stood there, shortened. */
    readonly found: string;
};
/** Where a value stands, and the list that faults are added to. */
type ReadingPlace = {
    readonly path: string;
    readonly faults: ShapeFault[];
};
/** Undefined exactly when it has added a fault. */
export type Reader<T> = (value: unknown, place: ReadingPlace) => T | undefined;
/** A reader of one value; `convert` answers undefined for what is not `expected`. */
export declare const valueReader: <T>(expected: string, convert: (value: unknown) => T | undefined) => Reader<T>;
/**
 * How an object treats members that its type does not have: what is hashed refuses them, an
 * envelope may grow.
 */
export type UnknownMembers = 'refused' | 'ignored';
export declare const objectReader: <T extends object>(readers: { readonly [K in keyof T]: Reader<T[K]>; }, unknownMembers: UnknownMembers) => Reader<T>;
export {};
