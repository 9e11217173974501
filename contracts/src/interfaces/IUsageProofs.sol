// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {UsageStatement} from "../types/UsageStatement.sol";

/// @title IUsageProofs
/// @notice Tier 32: what a channel was charged, proven from receipts that nobody is shown. The chain
/// checks what a circuit cannot: that the last receipt is anchored and signed by its gateway, and that
/// the keys that signed the works were registered then.
/// @dev The circuits (circuits/noir/usage-batch and usage-tree) prove: `count` receipts of this channel, each
/// with the number after that of the one before and naming its digest; each priced by one of the sheets;
/// each, but `unsignedCount` of them, with a Work that one of the `signers` signed; `total` the sum of
/// their costs. A gateway's signature of the last receipt is one of all of them.
interface IUsageProofs {
    /// @notice What was proven of a range.
    struct Range {
        uint128 total;
        /// @dev `cumulative` of the last receipt.
        uint128 cumulative;
        /// @dev The part of `total` that is the gateway's word alone.
        uint128 unsignedTotal;
        /// @dev Unix seconds.
        uint64 provenAt;
        uint64 anchoredAt;
        bytes32 previousDigest;
        bytes32 lastDigest;
    }

    /// @notice Where the last receipt of a range is on record, and who vouches for it.
    struct LastReceipt {
        /// @dev Merkle root that was anchored, and the path from the receipt's leaf to it.
        bytes32 root;
        bytes32[] path;
        /// @dev By a key of the gateway that was active at `lastFinishedAt`.
        bytes gatewaySignature;
    }

    /// @notice Receipts from `firstSeq` up to and without `nextSeq` were charged `total`.
    event UsageProven(
        address indexed gateway,
        bytes32 indexed channelId,
        uint64 firstSeq,
        uint64 nextSeq,
        address asset,
        uint128 total,
        uint128 unsignedTotal,
        bytes32 lastDigest
    );

    error TreeKeysMissing();
    error DomainMismatch(bytes32 expected, bytes32 actual);
    error RangeEmpty(uint64 firstSeq, uint64 count);
    /// @notice The first receipt of a channel, and no other, has none before it and costs all that was
    /// charged so far.
    error BeginningMismatch(uint64 firstSeq, bytes32 previousDigest, uint128 earlier);
    error SheetsRefused(uint256 count);
    error TooManySigners(uint256 count, uint256 maximum);
    error AlreadyProven(uint64 firstSeq, uint64 nextSeq, bytes32 lastDigest);
    error KeyNotActive(address contributor, address key);
    error NotAnchored(bytes32 digest, bytes32 root);
    error NotSignedByGateway(address gateway, bytes32 digest);
    error ProofRefused(address verifier);
    error NoRanges();
    error RangeNotProven(uint64 firstSeq, uint64 nextSeq);
    error RangesApart(uint64 seq, bytes32 lastDigest, bytes32 previousDigest);

    /// @notice Puts a range on record. Anyone; each range once, and again by a proof of the same receipts
    /// that leaves less of their sum unsigned.
    /// @param isTree Whether `proof` joins others (usage-tree), or opens receipts itself.
    function prove(
        UsageStatement calldata statement,
        LastReceipt calldata last,
        bytes calldata proof,
        bool isTree
    ) external;

    /// @notice What the channel was charged for the receipts from the first boundary up to and without the
    /// last. Reverts unless what lies between any two neighbours is a proven range and each range goes on
    /// from the digest where the one before it ended.
    /// @return total Atomic units of the channel's asset.
    /// @return unsignedTotal The part of it that is the gateway's word alone.
    function auditedTotal(address gateway, bytes32 channelId, uint64[] calldata boundaries)
        external
        view
        returns (uint128 total, uint128 unsignedTotal);

    /// @notice Zeros: not proven.
    function rangeOf(address gateway, bytes32 channelId, uint64 firstSeq, uint64 nextSeq)
        external
        view
        returns (Range memory);

    /// @notice What the verifier is asked about a statement.
    function publicInputsOf(UsageStatement calldata statement, bool isTree)
        external
        view
        returns (bytes32[] memory);
}
