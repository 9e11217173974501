// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Policy} from "../types/Policy.sol";
import {Receipt} from "../types/Receipt.sol";
import {Work} from "../types/Work.sol";
import {ISigningKeyBook} from "./ISigningKeyBook.sol";

/// @title IReceiptVerifier
/// @notice Answers, for any contract and in one call, whether a gateway and a contributor vouched for
/// an answer.
/// @dev EIP-712 domain of `Work` and `Receipt`: name "Vouch Receipts", version "1", this chain, this
/// address. A receipt is valid when
///
/// 1. its tiers include bit 1, and a signing key of the gateway `work.gateway` that was active at
///    `work.finishedAt` signed the Receipt;
/// 2. with tier bit 2: a signing key of the contributor `work.contributor` active at that time signed
///    the Work; without it: the contributor's signature is empty;
/// 3. every member fits into its type, so that whoever has to decode it can.
///
/// A signature is 65 bytes `r ‖ s ‖ v` (low s, v 27 or 28) of the key, or, for a key that is an
/// ERC-1271 contract, its 20-byte address followed by what that contract takes; 65 bytes in all are
/// always read as the former.
///
/// What this proves: that named, bonded parties are bound to these bytes, counts, prices and times
/// and can be slashed for contradicting themselves. What it does not prove: that the answer is right,
/// or which weights computed it; see `tiers` and `docs/contracts-threat-model.md`.
///
/// No call reverts because of a bad signature, a bad key or a hostile ERC-1271 contract; only calldata
/// that does not decode reverts. Keys are looked up in the one `ISigningKeyBook` of both registries.
interface IReceiptVerifier {
    /// @dev At construction: both registries must keep their keys in one book.
    error KeyBooksDiffer(ISigningKeyBook ofContributors, ISigningKeyBook ofGateways);

    /// @param contributorSignature Empty for a receipt without tier bit 2.
    /// @return ok Whether the receipt is valid.
    /// @return digest The receipt's EIP-712 digest, valid or not.
    function verify(
        Receipt calldata receipt,
        bytes calldata contributorSignature,
        bytes calldata gatewaySignature
    ) external view returns (bool ok, bytes32 digest);

    /// @notice Whether the receipt is valid, covers `content`, and meets `policy`.
    /// @dev Says who vouched, not whether somebody has contested it since: a consumer that acts long
    /// after it was given a receipt also asks `status`.
    /// @param content The answer: its keccak256 must be `work.contentHash`.
    function verifyContent(
        Receipt calldata receipt,
        bytes calldata contributorSignature,
        bytes calldata gatewaySignature,
        bytes calldata content,
        Policy calldata policy
    ) external view returns (bool);

    /// @notice As `verifyContent` with the policy "this job": for a contract that asked a question.
    /// @param packed `abi.encode(Receipt, bytes contributorSignature, bytes gatewaySignature)`.
    function verifyJob(bytes32 jobId, bytes calldata content, bytes calldata packed)
        external
        view
        returns (bool);

    /// @notice When the receipt with this digest was anchored under `root`.
    /// @param proof Merkle path as `IReceiptAnchor` defines it, leaf to root.
    /// @return anchoredAt Unix seconds; zero: it was not.
    function verifyAnchored(bytes32 digest, bytes32 root, bytes32[] calldata proof)
        external
        view
        returns (uint64 anchoredAt);

    /// @return 0 unknown · 1 anchored (its inclusion is on record) · 2 challenged · 3 invalidated.
    function status(bytes32 digest) external view returns (uint8);

    /// @notice Whether a key of the contributor that was active at `finishedAt` signed this Work.
    function verifyWork(Work calldata work, bytes calldata contributorSignature)
        external
        view
        returns (bool ok, bytes32 digest);

    function digestOf(Receipt calldata receipt) external view returns (bytes32);

    function workDigestOf(Work calldata work) external view returns (bytes32);

    function domainSeparator() external view returns (bytes32);
}
