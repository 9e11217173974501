// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IInferenceCallback} from "./interfaces/IInferenceCallback.sol";
import {IInferenceCoordinator} from "./interfaces/IInferenceCoordinator.sol";
import {IReceiptVerifier} from "./interfaces/IReceiptVerifier.sol";
import {JobTerms} from "./types/JobTerms.sol";
import {Policy} from "./types/Policy.sol";
import {Receipt} from "./types/Receipt.sol";

/// @title IInferenceGateway
/// @notice The call that a gateway answers off chain (EIP-3668).
interface IInferenceGateway {
    /// @param input The exact bytes for the engine.
    /// @return content The answer.
    /// @return packed `abi.encode(Receipt, bytes contributorSignature, bytes gatewaySignature)`.
    function infer(bytes32 modelId, bytes calldata input)
        external
        view
        returns (bytes memory content, bytes memory packed);
}

/// @title InferenceConsumer
/// @notice What a contract inherits that asks for inference: by request and callback, or at once by
/// EIP-3668.
/// @dev Three lines make a consumer: the constructor, a call of `_request`, and `_onAnswer`.
abstract contract InferenceConsumer is IInferenceCallback {
    using SafeTransferLib for address;

    /// @dev EIP-3668: fetch `callData` from one of `urls`, then call `callbackFunction` with the
    /// response and `extraData`.
    error OffchainLookup(
        address sender, string[] urls, bytes callData, bytes4 callbackFunction, bytes extraData
    );
    error SenderNotCoordinator(address sender, address coordinator);
    error AnswerRefused(bytes32 modelId, bytes32 inputHash);

    IInferenceCoordinator public immutable coordinator;
    IReceiptVerifier public immutable verifier;

    constructor(IInferenceCoordinator coordinator_, IReceiptVerifier verifier_) {
        coordinator = coordinator_;
        verifier = verifier_;
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
    /// @param extraData What `_ask` put there: `abi.encode(bytes32 inputHash, Policy)`.
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
                || !verifier.verifyContent(
                    receipt, contributorSignature, gatewaySignature, content, policy
                )
        ) revert AnswerRefused(policy.modelId, inputHash);
    }

    /// @dev Takes the answer of a job; reached only with one whose receipt was verified.
    function _onAnswer(bytes32 jobId, bytes calldata content, bytes32 receiptDigest)
        internal
        virtual;

    /// @dev Asks by request and callback. This contract must hold `terms.escrow()`.
    function _request(JobTerms memory terms, bytes memory input) internal returns (bytes32 jobId) {
        coordinator.asset().safeApproveWithRetry(address(coordinator), terms.escrow());
        return coordinator.request(terms, input);
    }

    /// @dev Asks at once: reverts with `OffchainLookup`, which EIP-3668 clients resolve. The receipt
    /// carries no job, so `policy.maxAge` is what keeps an old answer from being handed in again.
    function _ask(string[] memory urls, bytes memory input, Policy memory policy) internal view {
        revert OffchainLookup(
            address(this),
            urls,
            abi.encodeCall(IInferenceGateway.infer, (policy.modelId, input)),
            this.onOffchainAnswer.selector,
            abi.encode(sha256(input), policy)
        );
    }
}
