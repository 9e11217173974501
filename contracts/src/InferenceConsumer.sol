// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {SafeCastLib} from "solady/utils/SafeCastLib.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IInferenceCallback} from "./interfaces/IInferenceCallback.sol";
import {IInferenceCoordinator} from "./interfaces/IInferenceCoordinator.sol";
import {IInferenceGateway} from "./interfaces/IInferenceGateway.sol";
import {IJobOffers} from "./interfaces/IJobOffers.sol";
import {JobOffer} from "./types/JobOffer.sol";
import {JobTerms, Rhythm} from "./types/JobTerms.sol";
import {Policy} from "./types/Policy.sol";
import {
    Receipt,
    TIER_CONTRIBUTOR_SIGNED,
    TIER_GATEWAY_SIGNED,
    TIER_ZK_INFERRED
} from "./types/Receipt.sol";

/// @title InferenceConsumer
/// @notice What a contract inherits that asks for inference: by request and callback, on a schedule, or at once by
/// EIP-3668.
/// @dev Three lines make a consumer: the constructor, a call of `_ask`, and `_onAnswer`. It pays from its own
/// balance of the coordinator's asset; what an answer costs less than its most is booked for it there, see
/// `_withdraw`.
abstract contract InferenceConsumer is IInferenceCallback {
    using SafeTransferLib for address;

    /// @dev EIP-3668: fetch `callData` from one of `urls`, then call `callbackFunction` with the
    /// response and `extraData`.
    error OffchainLookup(
        address sender, string[] urls, bytes callData, bytes4 callbackFunction, bytes extraData
    );
    error SenderNotCoordinator(address sender, address coordinator);
    error AnswerRefused(bytes32 modelId, bytes32 inputHash);

    uint16 internal constant SIGNED = TIER_GATEWAY_SIGNED | TIER_CONTRIBUTOR_SIGNED;
    uint256 private constant TOKENS_PER_MTOK = 1_000_000;

    IInferenceCoordinator public immutable coordinator;
    /// @notice Operator of the gateway that is asked.
    address public immutable gateway;

    constructor(IInferenceCoordinator coordinator_, address gateway_) {
        coordinator = coordinator_;
        gateway = gateway_;
    }

    /// @inheritdoc IInferenceCallback
    function onInference(bytes32 jobId, bytes calldata content, bytes32 receiptDigest) external {
        if (msg.sender != address(coordinator)) {
            revert SenderNotCoordinator(msg.sender, address(coordinator));
        }
        _onAnswer(jobId, content, receiptDigest);
    }

    /// @notice The second half of a synchronous question; clients call it by themselves.
    /// @param response `abi.encode(bytes content, bytes packed)`, from whichever URL answered.
    /// @param extraData What `_askNow` put there: `abi.encode(bytes32 inputHash, Policy)`.
    /// @return content The answer; the call reverts unless its receipt is valid, meets the policy and
    /// names the input.
    function onOffchainAnswer(bytes calldata response, bytes calldata extraData)
        external
        view
        returns (bytes memory content)
    {
        bytes memory packed;
        (content, packed) = abi.decode(response, (bytes, bytes));
        (bytes32 inputHash, Policy memory policy) = abi.decode(extraData, (bytes32, Policy));
        (Receipt memory receipt, bytes memory contributorSignature, bytes memory gatewaySignature) =
            abi.decode(packed, (Receipt, bytes, bytes));
        if (
            receipt.work.inputHash != inputHash
                || !coordinator.verifier()
                    .verifyContent(receipt, contributorSignature, gatewaySignature, content, policy)
        ) revert AnswerRefused(policy.modelId, inputHash);
    }

    /// @dev Takes the answer of a job; reached only with one whose receipt was verified.
    function _onAnswer(bytes32 jobId, bytes calldata content, bytes32 receiptDigest)
        internal
        virtual;

    /// @dev Asks the gateway on the terms that it offers.
    /// @param input The exact bytes for the engine, see `ChatInput`.
    /// @param completionTokensMax What the input allows the answer; more tokens are not paid for.
    function _ask(
        bytes32 modelId,
        bytes memory input,
        uint32 completionTokensMax,
        uint32 callbackGas
    ) internal returns (bytes32 jobId) {
        return _request(_terms(modelId, input.length, completionTokensMax, callbackGas), input);
    }

    /// @dev As `_ask`, for an answer that a zero-knowledge proof stands behind (tier 64).
    /// @param outputs Values of the answer.
    function _askProven(bytes32 modelId, bytes memory input, uint32 outputs, uint32 callbackGas)
        internal
        returns (bytes32 jobId)
    {
        JobTerms memory terms = _terms(modelId, input.length, outputs, callbackGas);
        terms.minTiers = SIGNED | TIER_ZK_INFERRED;
        _priceDelivery(terms);
        return _request(terms, input);
    }

    /// @dev As `_ask`, for an input that the gateway gets from elsewhere and nobody reads here.
    /// @param inputHash sha256 of the input.
    /// @param inputLength Bytes of it at most.
    function _askPrivate(
        bytes32 modelId,
        bytes32 inputHash,
        uint256 inputLength,
        uint32 completionTokensMax,
        uint32 callbackGas
    ) internal returns (bytes32 jobId) {
        JobTerms memory terms = _terms(modelId, inputLength, completionTokensMax, callbackGas);
        _approve(terms.escrow());
        return coordinator.requestPrivate(terms, inputHash);
    }

    /// @dev Asks on the given terms. This contract must hold `terms.escrow()`.
    function _request(JobTerms memory terms, bytes memory input) internal returns (bytes32 jobId) {
        _approve(terms.escrow());
        return coordinator.request(terms, input);
    }

    /// @dev Asks once each period, as long as the budget lasts; this contract must hold it.
    /// @param input Empty: each run asks `IInferenceInput(this).inferenceInput`.
    function _schedule(
        JobTerms memory terms,
        bytes memory input,
        Rhythm memory rhythm,
        uint128 budget
    ) internal returns (bytes32 scheduleId) {
        _approve(budget);
        return coordinator.schedule(terms, input, rhythm, budget);
    }

    /// @dev Asks at once: reverts with `OffchainLookup`, which EIP-3668 clients resolve. The receipt
    /// carries no job, so `policy.maxAge` is what keeps an old answer from being handed in again.
    function _askNow(string[] memory urls, bytes memory input, Policy memory policy) internal view {
        revert OffchainLookup(
            address(this),
            urls,
            abi.encodeCall(IInferenceGateway.infer, (policy.modelId, input)),
            this.onOffchainAnswer.selector,
            abi.encode(sha256(input), policy)
        );
    }

    /// @dev Pays out what was booked for this contract: what answers cost less, and what never came.
    function _withdraw(address to) internal {
        coordinator.withdraw(to);
    }

    /// @dev Terms on which the gateway takes one signed answer. Who changes the tiers or the callback prices the
    /// delivery anew (`_priceDelivery`).
    /// @param inputLength Bytes. No token is shorter than a byte, and what an engine adds to a chat is shorter than
    /// its JSON: so many tokens cover any prompt.
    function _terms(
        bytes32 modelId,
        uint256 inputLength,
        uint32 completionTokensMax,
        uint32 callbackGas
    ) internal view returns (JobTerms memory terms) {
        JobOffer memory offer = coordinator.offers().offerOf(gateway, modelId);
        uint256 fee = FixedPointMathLib.divUp(
            inputLength * offer.promptAtomicPerMtok + uint256(completionTokensMax)
                * offer.completionAtomicPerMtok,
            TOKENS_PER_MTOK
        );
        terms = JobTerms({
            modelId: modelId,
            gateway: gateway,
            minTiers: SIGNED,
            promptAtomicPerMtok: offer.promptAtomicPerMtok,
            completionAtomicPerMtok: offer.completionAtomicPerMtok,
            // A model may be free; a job is not.
            maxFee: SafeCastLib.toUint96(FixedPointMathLib.max(fee, 1)),
            deliveryFee: 0,
            deliveryTime: uint32(FixedPointMathLib.max(_deliveryTime(), offer.deliveryTimeMin)),
            callbackGas: callbackGas,
            agreement: 1,
            answersMax: 1
        });
        terms.deliveryFee = SafeCastLib.toUint96(offer.feeFor(terms));
    }

    /// @dev What the gateway asks for delivering on these terms.
    function _priceDelivery(JobTerms memory terms) internal view {
        IJobOffers offers = coordinator.offers();
        terms.deliveryFee = SafeCastLib.toUint96(offers.feeOf(terms.gateway, terms));
    }

    /// @dev Seconds until nobody is paid any more, where the gateway does not ask for longer.
    function _deliveryTime() internal view virtual returns (uint32) {
        return 10 minutes;
    }

    function _approve(uint256 amount) private {
        coordinator.asset().safeApproveWithRetry(address(coordinator), amount);
    }
}
