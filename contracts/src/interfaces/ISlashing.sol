// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Checkpoint} from "../types/Checkpoint.sol";
import {PriceSheet} from "../types/PriceSheet.sol";
import {Receipt} from "../types/Receipt.sol";
import {Work} from "../types/Work.sol";

/// @title ISlashing
/// @notice Takes stake for what can be proven on chain from signatures and arithmetic alone (S1, S2,
/// S3, S5, S6 of the design; S4 is in `InclusionChallenges`, S7 in `ReexecutionPanel`).
/// @dev Anyone may report; the sender is the reporter and gets the registry's reporter share when
/// `payForfeit` is called. Evidence is good for the registry's unbonding time after it was signed,
/// which is how long stake can be reached for certain. Receipts of another chain or verifier are no
/// evidence: their digest is another one.
interface ISlashing {
    /// @notice The two statements are one and the same.
    error NoContradiction(bytes32 hash);
    /// @notice The two statements are of different parties, jobs or numbers.
    error EvidenceUnrelated();
    error EvidenceExpired(uint256 usableUntil, uint256 nowS);
    error EvidenceNotSigned(address operator, bytes32 digest);
    /// @notice Two keys signed, and neither signed for the operator when the other statement was made: one
    /// of them is of a book that had ended.
    error KeysNeverTogether(address firstKey, address secondKey);
    error SheetMismatch(bytes32 expected, bytes32 actual);
    error SheetOfOther(address operator, bytes32 modelId);
    error AssetMismatch(address expected, address actual);
    error NoOvercharge(uint256 cost, uint256 due);
    error TierNotClaimed(uint16 tiers, uint16 tier);
    error TierHolds(uint16 tier);
    error TierNotProvable(uint16 tier);
    error NotUndelivered(bytes32 jobId);

    /// @notice S1: one contributor signed two different Works for one (gateway, jobId). Whole stake.
    function reportWorkEquivocation(
        Work calldata first,
        bytes calldata firstSignature,
        Work calldata second,
        bytes calldata secondSignature
    ) external;

    /// @notice S1: as above, two different Checkpoints for one (gateway, jobId, index). Whole stake.
    function reportCheckpointEquivocation(
        Checkpoint calldata first,
        bytes calldata firstSignature,
        Checkpoint calldata second,
        bytes calldata secondSignature
    ) external;

    /// @notice S2: one gateway signed two different Receipts with one `gatewaySeq`, or with one
    /// (channelId, channelSeq). Whole bond; both receipts are invalidated.
    function reportReceiptEquivocation(
        Receipt calldata first,
        bytes calldata firstSignature,
        Receipt calldata second,
        bytes calldata secondSignature
    ) external;

    /// @notice S3: a receipt costs more than its price sheet allows. Ten times the excess.
    function reportOvercharge(
        Receipt calldata receipt,
        bytes calldata gatewaySignature,
        PriceSheet calldata sheet
    ) external;

    /// @notice S5: asks for the proof that a receipt with tier 64 claims to have. Takes a bond of the sender's
    /// by allowance: back with the reward if no proof is shown, the gateway's if one is. See
    /// `IProofRequests`.
    function requestProof(Receipt calldata receipt, bytes calldata gatewaySignature) external;

    /// @notice S5: a receipt claims tier 16 or 64 and nothing registered stands behind it. Whole bond
    /// of the gateway, which claimed it; the receipt is invalidated.
    /// @param tier 16: no key of the contributor was bound to a TEE at `finishedAt`, or none signed.
    /// 64: the proof was asked for and a day later is not registered. The reporter is who asked.
    function reportFalseTier(Receipt calldata receipt, bytes calldata gatewaySignature, uint16 tier)
        external;

    /// @notice S6: a contributor accepted a job of the coordinator and nobody delivered it in time.
    function reportNonDelivery(bytes32 jobId) external;
}
