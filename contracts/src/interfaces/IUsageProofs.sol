// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {UsageStatement} from "../types/UsageStatement.sol";

/// @title IUsageProofs
/// @notice Tier 32: what a channel was charged, proven from receipts that nobody is shown. The chain
/// checks what a circuit cannot: that the last receipt is anchored and signed by its gateway, and that
/// the keys that signed the works were registered then.
/// @dev The circuit proves: `count` receipts of this channel with consecutive `channelSeq`, each
/// naming the digest of the one before; each with a Work that one of `signers` signed; each costing
/// what the price sheet makes of its tokens; `total` their sum. Its public inputs are the two halves
/// of keccak256(abi.encode(statement)), the upper 128 bits first: every chain and every verifier of
/// receipts has its own, since `domainSeparator` is part of it.
interface IUsageProofs {
    /// @notice What was proven of a range.
    struct Range {
        uint128 total;
        uint64 provenAt;
        uint64 anchoredAt;
        bytes32 prevReceipt;
        bytes32 lastReceipt;
    }

    event UsageProven(
        address indexed gateway,
        bytes32 indexed channelId,
        uint64 firstSeq,
        uint64 nextSeq,
        uint128 total,
        bytes32 lastReceipt,
        bytes32 priceHash
    );

    error RangeEmpty(uint64 firstSeq, uint32 count);
    /// @notice Only the first receipt of a channel has none before it.
    error FirstMismatch(uint64 firstSeq, bytes32 prevReceipt);
    error TimesReversed(uint64 finishedFrom, uint64 finishedUntil);
    error FutureReceipts(uint64 finishedUntil, uint256 nowS);
    error DomainMismatch(bytes32 expected, bytes32 actual);
    error NotAnchored(bytes32 digest, bytes32 root);
    error NotSignedByGateway(address gateway, bytes32 digest);
    error KeyNotActive(address contributor, address key);
    error SignersEmpty();
    error ProofRefused(bytes32 statementHash);
    error AlreadyProven(bytes32 rangeId);
    error RangeNotProven(uint64 firstSeq, uint64 nextSeq);
    error RangesApart(bytes32 lastReceipt, bytes32 prevReceipt);

    /// @notice Puts a proven range on record. Anyone; each range once.
    /// @param root Merkle root that was anchored, with `path` from the last receipt's leaf to it.
    /// @param gatewaySignature Of the last receipt, by a key of the gateway active at `finishedUntil`.
    function prove(
        UsageStatement calldata statement,
        bytes calldata proof,
        bytes32 root,
        bytes32[] calldata path,
        bytes calldata gatewaySignature
    ) external;

    /// @notice What the channel was charged for receipts `boundaries[0]` up to and without the last
    /// boundary. Reverts unless each stretch between two neighbours is a proven range and each
    /// continues the one before it by digest.
    function auditedTotal(address gateway, bytes32 channelId, uint64[] calldata boundaries)
        external
        view
        returns (uint128 total);

    /// @notice Zeros: not proven.
    function rangeOf(address gateway, bytes32 channelId, uint64 firstSeq, uint64 nextSeq)
        external
        view
        returns (Range memory);

    function statementHashOf(UsageStatement calldata statement) external pure returns (bytes32);
}
