// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Receipt} from "../types/Receipt.sol";

/// @title IInclusionChallenges
/// @notice S4: a receipt says by when it will be anchored, and was not. Nobody can prove an absence,
/// so the gateway (or anyone) has a day to show the inclusion.
/// @dev (none) --challenge--> open until `answerableUntil` --answer--> kept | --conclude--> broken
interface IInclusionChallenges {
    struct Challenge {
        address gateway;
        address reporter;
        /// @dev Unix seconds.
        uint64 anchorBy;
        /// @dev Unix seconds; zero: no challenge, or it is over.
        uint64 answerableUntil;
    }

    event InclusionChallenged(
        bytes32 indexed digest,
        address indexed gateway,
        address indexed reporter,
        uint64 answerableUntil
    );
    event InclusionShown(bytes32 indexed digest, bytes32 indexed root, uint64 anchoredAt);
    event PromiseBroken(bytes32 indexed digest, address indexed gateway);

    error NoPromise();
    error PromiseNotDue(uint64 anchorBy, uint256 nowS);
    error EvidenceExpired(uint256 usableUntil, uint256 nowS);
    error EvidenceNotSigned(address gateway, bytes32 digest);
    error AlreadyChallenged(bytes32 digest);
    error AlreadyOnRecord(bytes32 digest, uint64 recordedAt);
    error NoChallenge(bytes32 digest);
    error NotIncludedInTime(uint64 anchoredAt, uint64 anchorBy);
    error AnswerTimeOver(uint64 answerableUntil, uint256 nowS);
    error AnswerTimeNotOver(uint64 answerableUntil, uint256 nowS);

    /// @notice Asks where a receipt is that should be anchored by now. Each receipt once.
    function challenge(Receipt calldata receipt, bytes calldata gatewaySignature) external;

    /// @notice Shows that it was anchored in time. Anyone.
    function answer(bytes32 digest, bytes32 root, bytes32[] calldata proof) external;

    /// @notice Takes the penalty when nobody answered. Anyone; the challenger is the reporter.
    function conclude(bytes32 digest) external;

    function challenges(bytes32 digest)
        external
        view
        returns (address gateway, address reporter, uint64 anchorBy, uint64 answerableUntil);
}
