// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInclusionChallenges} from "./interfaces/IInclusionChallenges.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IReceiptAnchor} from "./interfaces/IReceiptAnchor.sol";
import {OperatorSignature} from "./libraries/OperatorSignature.sol";
import {ReceiptDomain} from "./libraries/ReceiptDomain.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {Receipt} from "./types/Receipt.sol";

/// @title InclusionChallenges
/// @notice See `IInclusionChallenges`.
contract InclusionChallenges is IInclusionChallenges {
    /// @dev Long enough to outlast an outage or a stretch of dear gas.
    uint64 public constant ANSWER_TIME = 24 hours;

    IOperatorRegistry public immutable gateways;
    IReceiptAnchor public immutable receiptAnchor;
    address public immutable verifier;
    /// @notice Atomic units of the gateways' asset for each broken promise.
    uint96 public immutable penalty;

    mapping(bytes32 digest => Challenge) public challenges;

    constructor(
        IOperatorRegistry gateways_,
        IReceiptAnchor receiptAnchor_,
        address verifier_,
        uint96 penalty_
    ) {
        gateways = gateways_;
        receiptAnchor = receiptAnchor_;
        verifier = verifier_;
        penalty = penalty_;
    }

    /// @inheritdoc IInclusionChallenges
    function challenge(Receipt calldata receipt, bytes calldata gatewaySignature) external {
        uint64 anchorBy = receipt.anchorBy;
        if (anchorBy == 0) revert NoPromise();
        if (block.timestamp <= anchorBy) revert PromiseNotDue(anchorBy, block.timestamp);
        // The stake must still be reachable when the time to answer is over.
        uint256 usableUntil = uint256(anchorBy) + gateways.unbondingDelay() - ANSWER_TIME;
        if (block.timestamp > usableUntil) revert EvidenceExpired(usableUntil, block.timestamp);

        bytes32 digest = TypedData.digest(
            ReceiptDomain.separator(verifier), receipt.hashStruct(receipt.work.hashStruct())
        );
        if (challenges[digest].reporter != address(0)) revert AlreadyChallenged(digest);
        uint64 recordedAt = receiptAnchor.recordedAt(digest);
        if (recordedAt != 0 && recordedAt <= anchorBy) revert AlreadyOnRecord(digest, recordedAt);
        address gateway = receipt.work.gateway;
        if (!OperatorSignature.isValid(
                gateways, gateway, digest, gatewaySignature, receipt.work.finishedAt
            )) {
            revert EvidenceNotSigned(gateway, digest);
        }

        uint64 answerableUntil = uint64(block.timestamp) + ANSWER_TIME;
        challenges[digest] = Challenge(gateway, msg.sender, anchorBy, answerableUntil);
        emit InclusionChallenged(digest, gateway, msg.sender, answerableUntil);
        receiptAnchor.openChallenge(digest);
    }

    /// @inheritdoc IInclusionChallenges
    function answer(bytes32 digest, bytes32 root, bytes32[] calldata proof) external {
        Challenge storage open = _openChallenge(digest);
        if (block.timestamp > open.answerableUntil) {
            revert AnswerTimeOver(open.answerableUntil, block.timestamp);
        }
        uint64 anchoredAt = receiptAnchor.anchoredAtOf(digest, root, proof);
        // Anchoring once one is asked is not what was promised.
        if (anchoredAt == 0 || anchoredAt > open.anchorBy) {
            revert NotIncludedInTime(anchoredAt, open.anchorBy);
        }
        open.answerableUntil = 0;
        emit InclusionShown(digest, root, anchoredAt);
        receiptAnchor.closeChallenge(digest);
    }

    /// @inheritdoc IInclusionChallenges
    function conclude(bytes32 digest) external {
        Challenge storage open = _openChallenge(digest);
        if (block.timestamp <= open.answerableUntil) {
            revert AnswerTimeNotOver(open.answerableUntil, block.timestamp);
        }
        open.answerableUntil = 0;
        emit PromiseBroken(digest, open.gateway);
        receiptAnchor.closeChallenge(digest);
        bytes32 faultId = keccak256(abi.encode("S4", digest));
        gateways.slash(open.gateway, penalty, faultId, open.reporter);
    }

    function _openChallenge(bytes32 digest) private view returns (Challenge storage open) {
        open = challenges[digest];
        if (open.answerableUntil == 0) revert NoChallenge(digest);
    }
}
