// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {SafeCastLib} from "solady/utils/SafeCastLib.sol";
import {ProofRequests} from "./ProofRequests.sol";
import {IInferenceCoordinator} from "./interfaces/IInferenceCoordinator.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IReceiptAnchor} from "./interfaces/IReceiptAnchor.sol";
import {ISlashing} from "./interfaces/ISlashing.sol";
import {OperatorSignature} from "./libraries/OperatorSignature.sol";
import {ReceiptDomain} from "./libraries/ReceiptDomain.sol";
import {StrictSignature} from "./libraries/StrictSignature.sol";
import {TypedData} from "./libraries/TypedData.sol";
import {Checkpoint} from "./types/Checkpoint.sol";
import {isActiveAt} from "./types/KeyEpoch.sol";
import {PriceSheet} from "./types/PriceSheet.sol";
import {
    Receipt,
    TIER_CONTRIBUTOR_SIGNED,
    TIER_TEE_BOUND_KEY,
    TIER_ZK_INFERRED
} from "./types/Receipt.sol";
import {SlashingTerms} from "./types/SlashingTerms.sol";
import {Work} from "./types/Work.sol";

/// @title Slashing
/// @notice See `ISlashing`.
/// @dev What was slashed is booked in the registries, under an id made of the fault; kept here is only which
/// proofs were asked for. Checks run cheapest first; signatures, which cost most, are last.
contract Slashing is ISlashing, ProofRequests {
    /// @dev What was signed, and when.
    struct Statement {
        bytes32 digest;
        uint64 signedAt;
    }

    /// @dev More than any stake: takes everything.
    uint96 private constant WHOLE_STAKE = type(uint96).max;

    uint256 public constant OVERCHARGE_FACTOR = 10;

    IOperatorRegistry public immutable contributors;
    IOperatorRegistry public immutable gateways;
    IReceiptAnchor public immutable receiptAnchor;
    IInferenceCoordinator public immutable coordinator;
    address public immutable verifier;
    uint96 public immutable nonDeliveryPenalty;

    uint40 private immutable _contributorWindow;
    uint40 private immutable _gatewayWindow;

    constructor(SlashingTerms memory terms)
        ProofRequests(terms.tierEvidence, terms.proofBond, terms.gateways.asset())
    {
        contributors = terms.contributors;
        gateways = terms.gateways;
        receiptAnchor = terms.receiptAnchor;
        coordinator = terms.coordinator;
        verifier = terms.verifier;
        nonDeliveryPenalty = terms.nonDeliveryPenalty;
        _contributorWindow = terms.contributors.unbondingDelay();
        _gatewayWindow = terms.gateways.unbondingDelay();
    }

    /// @inheritdoc ISlashing
    function reportWorkEquivocation(
        Work calldata first,
        bytes calldata firstSignature,
        Work calldata second,
        bytes calldata secondSignature
    ) external {
        if (
            first.jobId != second.jobId || first.gateway != second.gateway
                || first.contributor != second.contributor
        ) revert EvidenceUnrelated();
        bytes32 firstHash = first.hashStruct();
        bytes32 secondHash = second.hashStruct();
        if (firstHash == secondHash) revert NoContradiction(firstHash);
        _requireFresh(
            FixedPointMathLib.max(first.finishedAt, second.finishedAt), _contributorWindow
        );

        address contributor = first.contributor;
        bytes32 separator = ReceiptDomain.separator(verifier);
        _requireBothSigned(
            contributors,
            contributor,
            Statement(TypedData.digest(separator, firstHash), first.finishedAt),
            firstSignature,
            Statement(TypedData.digest(separator, secondHash), second.finishedAt),
            secondSignature
        );
        bytes32 faultId = keccak256(abi.encode("S1", contributor, first.gateway, first.jobId));
        contributors.slash(contributor, WHOLE_STAKE, faultId, msg.sender);
    }

    /// @inheritdoc ISlashing
    function reportCheckpointEquivocation(
        Checkpoint calldata first,
        bytes calldata firstSignature,
        Checkpoint calldata second,
        bytes calldata secondSignature
    ) external {
        if (
            first.jobId != second.jobId || first.gateway != second.gateway
                || first.contributor != second.contributor || first.index != second.index
        ) revert EvidenceUnrelated();
        bytes32 firstHash = first.hashStruct();
        bytes32 secondHash = second.hashStruct();
        if (firstHash == secondHash) revert NoContradiction(firstHash);
        _requireFresh(FixedPointMathLib.max(first.signedAt, second.signedAt), _contributorWindow);

        address contributor = first.contributor;
        bytes32 separator = ReceiptDomain.separator(verifier);
        _requireBothSigned(
            contributors,
            contributor,
            Statement(TypedData.digest(separator, firstHash), first.signedAt),
            firstSignature,
            Statement(TypedData.digest(separator, secondHash), second.signedAt),
            secondSignature
        );
        // One fault with the Works of the job: it is one lie, however often it was told.
        bytes32 faultId = keccak256(abi.encode("S1", contributor, first.gateway, first.jobId));
        contributors.slash(contributor, WHOLE_STAKE, faultId, msg.sender);
    }

    /// @inheritdoc ISlashing
    function reportReceiptEquivocation(
        Receipt calldata first,
        bytes calldata firstSignature,
        Receipt calldata second,
        bytes calldata secondSignature
    ) external {
        address gateway = first.work.gateway;
        bool sameGatewaySeq = first.gatewaySeq == second.gatewaySeq;
        bool sameChannelSeq = first.channelId != bytes32(0) && first.channelId == second.channelId
            && first.channelSeq == second.channelSeq;
        if (gateway != second.work.gateway || !(sameGatewaySeq || sameChannelSeq)) {
            revert EvidenceUnrelated();
        }
        bytes32 firstDigest = _digestOf(first);
        bytes32 secondDigest = _digestOf(second);
        if (firstDigest == secondDigest) revert NoContradiction(firstDigest);
        uint64 firstAt = first.work.finishedAt;
        uint64 secondAt = second.work.finishedAt;
        _requireFresh(FixedPointMathLib.max(firstAt, secondAt), _gatewayWindow);
        _requireBothSigned(
            gateways,
            gateway,
            Statement(firstDigest, firstAt),
            firstSignature,
            Statement(secondDigest, secondAt),
            secondSignature
        );

        receiptAnchor.invalidate(firstDigest);
        receiptAnchor.invalidate(secondDigest);
        bytes32 faultId = sameGatewaySeq
            ? keccak256(abi.encode("S2", gateway, first.gatewaySeq))
            : keccak256(abi.encode("S2", gateway, first.channelId, first.channelSeq));
        gateways.slash(gateway, WHOLE_STAKE, faultId, msg.sender);
    }

    /// @inheritdoc ISlashing
    function reportOvercharge(
        Receipt calldata receipt,
        bytes calldata gatewaySignature,
        PriceSheet calldata sheet
    ) external {
        Work calldata work = receipt.work;
        bytes32 sheetHash = sheet.hashStruct();
        if (sheetHash != receipt.priceHash) revert SheetMismatch(receipt.priceHash, sheetHash);
        if (sheet.operator != work.gateway || sheet.modelId != work.modelId) {
            revert SheetOfOther(sheet.operator, sheet.modelId);
        }
        // The penalty is reckoned in the sheet's asset and taken in the registry's.
        if (sheet.asset != gateways.asset()) revert AssetMismatch(gateways.asset(), sheet.asset);
        uint256 due =
            sheet.costRoundedUp(work.promptTokens, work.cachedPromptTokens, work.completionTokens);
        if (receipt.cost <= due) revert NoOvercharge(receipt.cost, due);
        _requireFresh(work.finishedAt, _gatewayWindow);
        bytes32 digest = _digestOf(receipt);
        _requireSigned(gateways, work.gateway, digest, gatewaySignature, work.finishedAt);

        uint256 penalty = (receipt.cost - due) * OVERCHARGE_FACTOR;
        gateways.slash(
            work.gateway,
            SafeCastLib.toUint96(FixedPointMathLib.min(penalty, WHOLE_STAKE)),
            keccak256(abi.encode("S3", digest)),
            msg.sender
        );
    }

    /// @inheritdoc ISlashing
    function requestProof(Receipt calldata receipt, bytes calldata gatewaySignature) external {
        if (receipt.tiers & TIER_ZK_INFERRED == 0) {
            revert TierNotClaimed(receipt.tiers, TIER_ZK_INFERRED);
        }
        Work calldata work = receipt.work;
        // The stake must still be reachable when the time to answer is over, which is a day.
        // forge-lint: disable-next-line(unsafe-typecast)
        _requireFresh(work.finishedAt, _gatewayWindow - uint40(PROOF_TIME));
        _requireSigned(
            gateways, work.gateway, _digestOf(receipt), gatewaySignature, work.finishedAt
        );
        _request(work);
    }

    /// @inheritdoc ISlashing
    function reportFalseTier(Receipt calldata receipt, bytes calldata gatewaySignature, uint16 tier)
        external
    {
        if (tier != TIER_TEE_BOUND_KEY && tier != TIER_ZK_INFERRED) {
            revert TierNotProvable(tier);
        }
        if (receipt.tiers & tier == 0) revert TierNotClaimed(receipt.tiers, tier);
        Work calldata work = receipt.work;
        _requireFresh(work.finishedAt, _gatewayWindow);
        bytes32 digest = _digestOf(receipt);
        _requireSigned(gateways, work.gateway, digest, gatewaySignature, work.finishedAt);
        bool holds = tier == TIER_TEE_BOUND_KEY ? _isKeyBound(receipt) : _isProven(work);
        if (holds) revert TierHolds(tier);
        // Whoever asked, at the risk of a bond, found it out.
        address reporter = tier == TIER_TEE_BOUND_KEY ? msg.sender : _concludeRequest(work);

        receiptAnchor.invalidate(digest);
        bytes32 faultId = keccak256(abi.encode("S5", digest, tier));
        gateways.slash(work.gateway, WHOLE_STAKE, faultId, reporter);
    }

    /// @inheritdoc ISlashing
    function reportNonDelivery(bytes32 jobId) external {
        address contributor = coordinator.undeliveredBy(jobId);
        if (contributor == address(0)) revert NotUndelivered(jobId);
        bytes32 faultId = keccak256(abi.encode("S6", address(coordinator), jobId));
        contributors.slash(contributor, nonDeliveryPenalty, faultId, msg.sender);
    }

    /// @dev Without a contributor's signature there is no key that could be bound.
    function _isKeyBound(Receipt calldata receipt) private view returns (bool) {
        if (receipt.tiers & TIER_CONTRIBUTOR_SIGNED == 0) return false;
        return tierEvidence.isAnyKeyBoundAt(receipt.work.contributor, receipt.work.finishedAt);
    }

    function _digestOf(Receipt calldata receipt) private view returns (bytes32) {
        return TypedData.digest(
            ReceiptDomain.separator(verifier), receipt.hashStruct(receipt.work.hashStruct())
        );
    }

    /// @dev As a rule one key signed both: then its epoch is asked for once.
    function _requireBothSigned(
        IOperatorRegistry registry,
        address operator,
        Statement memory first,
        bytes calldata firstSignature,
        Statement memory second,
        bytes calldata secondSignature
    ) private view {
        address firstKey = OperatorSignature.keyOf(first.digest, firstSignature);
        address secondKey = OperatorSignature.keyOf(second.digest, secondSignature);
        if (firstKey == secondKey && firstSignature.length == StrictSignature.ECDSA_LENGTH) {
            (uint64 activeFrom, uint64 revokedAt) = registry.signingKeys(operator, firstKey);
            if (
                isActiveAt(activeFrom, revokedAt, first.signedAt)
                    && isActiveAt(activeFrom, revokedAt, second.signedAt)
                    && secondSignature.length == StrictSignature.ECDSA_LENGTH
            ) return;
        }
        // Not so, or by ERC-1271: one by one, which also names the statement that is no evidence.
        _requireSigned(registry, operator, first.digest, firstSignature, first.signedAt);
        _requireSigned(registry, operator, second.digest, secondSignature, second.signedAt);
        // Two keys speak for one book if either signed when the other statement was made. An operator
        // that lost its book revokes its keys and begins anew with another: what it says then
        // contradicts nothing that it said before.
        bool isOneBook = firstKey == secondKey
            || registry.signingKeyActiveAt(operator, firstKey, second.signedAt)
            || registry.signingKeyActiveAt(operator, secondKey, first.signedAt);
        if (!isOneBook) revert KeysNeverTogether(firstKey, secondKey);
    }

    function _requireSigned(
        IOperatorRegistry registry,
        address operator,
        bytes32 digest,
        bytes calldata signature,
        uint64 signedAt
    ) private view {
        if (!OperatorSignature.isValid(registry, operator, digest, signature, signedAt)) {
            revert EvidenceNotSigned(operator, digest);
        }
    }

    function _requireFresh(uint256 signedAt, uint40 window) private view {
        uint256 usableUntil = signedAt + window;
        if (block.timestamp > usableUntil) revert EvidenceExpired(usableUntil, block.timestamp);
    }
}
