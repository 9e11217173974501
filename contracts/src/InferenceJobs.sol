// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {LibCall} from "solady/utils/LibCall.sol";
import {SafeCastLib} from "solady/utils/SafeCastLib.sol";
import {JobBook} from "./JobBook.sol";
import {IInferenceCallback} from "./interfaces/IInferenceCallback.sol";
import {IInferenceCoordinator} from "./interfaces/IInferenceCoordinator.sol";
import {JobTerms} from "./types/JobTerms.sol";
import {PriceSheet} from "./types/PriceSheet.sol";
import {
    Receipt,
    TIER_CONTRIBUTOR_SIGNED,
    TIER_GATEWAY_SIGNED,
    TIER_TEE_BOUND_KEY,
    TIER_ZK_INFERRED
} from "./types/Receipt.sol";
import {Work} from "./types/Work.sol";

/// @title InferenceJobs
/// @notice The second half of a job, from its request to its end; see `IInferenceCoordinator`.
/// @dev Invariants, held by `InferenceCoordinator.invariants.t.sol`:
///
/// 1. Balance of the asset = Σ balances + Σ escrow of open jobs + Σ budgets of schedules.
/// 2. For each job: fees paid ≤ maxFee · agreement + deliveryFee, and fees paid + refund = escrow.
/// 3. A job leaves `open` once, and a delivered job has a content hash that never changes.
abstract contract InferenceJobs is JobBook {
    /// @dev One contributor's answer while agreement is still to come.
    struct Answer {
        address contributor;
        uint96 fee;
    }

    /// @dev One answer of a delivery, verified.
    struct Verified {
        address contributor;
        uint96 fee;
        address gateway;
        bytes32 digest;
    }

    uint8 private constant WORK_COMPLETE = 0;
    /// @dev What a receipt says of itself. Tiers 16 and 64 are looked up where they were judged.
    uint16 private constant TIERS_CLAIMED = ~(TIER_TEE_BOUND_KEY | TIER_ZK_INFERRED);

    /// @dev What `fulfill` itself still needs once the callback has returned.
    uint256 private constant GAS_AFTER_CALLBACK = 30_000;

    mapping(bytes32 jobId => mapping(address contributor => bool)) private _answered;
    mapping(bytes32 jobId => mapping(bytes32 contentHash => Answer[])) private _answers;

    /// @inheritdoc IInferenceCoordinator
    function accept(bytes32 jobId) external {
        Job storage job = _openJob(jobId);
        if (block.timestamp > job.deadline) revert DeadlinePassed(job.deadline, block.timestamp);
        if (job.acceptedBy != address(0)) revert AlreadyAccepted(jobId, job.acceptedBy);
        if (!contributors.isServing(msg.sender)) revert SenderNotServing(msg.sender);
        job.acceptedBy = msg.sender;
        emit JobAccepted(jobId, msg.sender);
    }

    /// @inheritdoc IInferenceCoordinator
    function fulfill(
        bytes32 jobId,
        JobTerms calldata terms,
        bytes calldata content,
        bytes[] calldata packed,
        bytes calldata proof
    ) external {
        bool delivered = _addAnswers(jobId, terms, content, packed, proof);
        if (!delivered || terms.callbackGas == 0) return;
        // EIP-150 keeps back a 64th: without this check a deliverer could starve the callback by
        // sending just too little gas, and the consumer would have to pay for the retry.
        uint256 required = (uint256(terms.callbackGas) * 64) / 63 + GAS_AFTER_CALLBACK;
        if (gasleft() < required) revert CallbackGasMissing(gasleft(), required);
        if (_callBack(jobId, content, terms.callbackGas)) {
            emit CallbackSucceeded(jobId);
        } else {
            _jobs[jobId].callbackPending = true;
            emit CallbackFailed(jobId);
        }
    }

    /// @inheritdoc IInferenceCoordinator
    function retryCallback(bytes32 jobId, bytes calldata content) external {
        Job storage job = _jobs[jobId];
        if (!job.callbackPending) revert NoCallbackPending(jobId);
        bytes32 contentHash = keccak256(content);
        if (contentHash != job.contentHash) revert ContentMismatch(job.contentHash, contentHash);
        job.callbackPending = false;
        if (!_callBack(jobId, content, gasleft())) revert CallbackReverted(jobId);
        emit CallbackSucceeded(jobId);
    }

    /// @inheritdoc IInferenceCoordinator
    function expire(bytes32 jobId, JobTerms calldata terms) external {
        Job storage job = _openJob(jobId);
        if (block.timestamp <= job.deadline) {
            revert DeadlineNotPassed(job.deadline, block.timestamp);
        }
        _requireTerms(jobId, terms);
        job.state = STATE_EXPIRED;
        balances[job.consumer] += terms.escrow();
        emit JobExpired(jobId);
    }

    /// @inheritdoc IInferenceCoordinator
    function undeliveredBy(bytes32 jobId) external view returns (address) {
        Job storage job = _jobs[jobId];
        bool late = job.state == STATE_EXPIRED
            || (job.state == STATE_OPEN && block.timestamp > job.deadline);
        address acceptedBy = job.acceptedBy;
        // Who answered did what it promised: that others did not, or did not agree, is not its fault.
        return late && !_answered[jobId][acceptedBy] ? acceptedBy : address(0);
    }

    /// @dev Everything is booked when this returns, so that the callback can be let in.
    /// @return delivered Whether these answers made the job's agreement.
    function _addAnswers(
        bytes32 jobId,
        JobTerms calldata terms,
        bytes calldata content,
        bytes[] calldata packed,
        bytes calldata proof
    ) private nonReentrant returns (bool delivered) {
        Job storage job = _openJob(jobId);
        if (block.timestamp > job.deadline) revert DeadlinePassed(job.deadline, block.timestamp);
        _requireTerms(jobId, terms);
        bytes32 contentHash = keccak256(content);
        Verified[] memory fresh = _verified(jobId, terms, contentHash, packed);
        if (terms.minTiers & TIER_ZK_INFERRED != 0) {
            _prove(terms.modelId, job.inputHash, contentHash, proof);
        }
        job.answers += uint8(fresh.length);
        delivered = _answers[jobId][contentHash].length + fresh.length == terms.agreement;
        if (delivered) {
            _deliver(jobId, terms, contentHash, fresh);
            emit JobDelivered(jobId, contentHash, fresh[fresh.length - 1].gateway, content);
        } else {
            _keep(jobId, terms, contentHash, fresh);
        }
    }

    /// @dev Nothing of the answers that complete a job is stored but what they add up to: who answered is
    /// asked of open and expired jobs only.
    function _deliver(
        bytes32 jobId,
        JobTerms calldata terms,
        bytes32 contentHash,
        Verified[] memory fresh
    ) private {
        Job storage job = _jobs[jobId];
        Verified memory last = fresh[fresh.length - 1];
        job.state = STATE_DELIVERED;
        job.contentHash = contentHash;
        job.receiptDigest = last.digest;
        uint256 left = terms.escrow() - terms.deliveryFee;
        Answer[] storage earlier = _answers[jobId][contentHash];
        for (uint256 i = 0; i < earlier.length; ++i) {
            Answer memory answer = earlier[i];
            balances[answer.contributor] += answer.fee;
            left -= answer.fee;
        }
        for (uint256 i = 0; i < fresh.length; ++i) {
            balances[fresh[i].contributor] += fresh[i].fee;
            left -= fresh[i].fee;
        }
        if (terms.deliveryFee != 0) balances[last.gateway] += terms.deliveryFee;
        if (left != 0) balances[job.consumer] += left;
    }

    function _keep(
        bytes32 jobId,
        JobTerms calldata terms,
        bytes32 contentHash,
        Verified[] memory fresh
    ) private {
        Job storage job = _jobs[jobId];
        for (uint256 i = 0; i < fresh.length; ++i) {
            _answered[jobId][fresh[i].contributor] = true;
            _answers[jobId][contentHash].push(Answer(fresh[i].contributor, fresh[i].fee));
        }
        if (job.answers == terms.answersMax) {
            job.state = STATE_FAILED;
            balances[job.consumer] += terms.escrow();
            emit JobFailed(jobId);
        }
    }

    function _prove(bytes32 modelId, bytes32 inputHash, bytes32 contentHash, bytes calldata proof)
        private
    {
        if (tierEvidence.provenAt(modelId, inputHash, contentHash) != 0) return;
        tierEvidence.proveInference(modelId, inputHash, contentHash, proof);
    }

    /// @dev Copies nothing of what the consumer returns: it cannot make the deliverer pay for memory.
    function _callBack(bytes32 jobId, bytes calldata content, uint256 gasLimit)
        private
        returns (bool success)
    {
        Job storage job = _jobs[jobId];
        bytes memory call =
            abi.encodeCall(IInferenceCallback.onInference, (jobId, content, job.receiptDigest));
        (success,,) = LibCall.tryCall(job.consumer, 0, gasLimit, 0, call);
    }

    /// @dev The answers of contributors that did not answer yet, as many as are wanted at most; those after
    /// them are not looked at.
    /// @return fresh One or more.
    function _verified(
        bytes32 jobId,
        JobTerms calldata terms,
        bytes32 contentHash,
        bytes[] calldata packed
    ) private returns (Verified[] memory fresh) {
        if (packed.length == 0) revert NoAnswers(jobId);
        // What agreement still needs, and of how many answers there may be.
        uint256 wanted = FixedPointMathLib.min(
            terms.agreement - _answers[jobId][contentHash].length,
            terms.answersMax - _jobs[jobId].answers
        );
        Verified[] memory found = new Verified[](wanted);
        uint256 count;
        address known;
        for (uint256 i = 0; i < packed.length && count < wanted; ++i) {
            Verified memory answer = _verify(jobId, terms, contentHash, packed[i]);
            if (_isKnown(jobId, answer.contributor, found, count)) {
                known = answer.contributor;
                continue;
            }
            found[count++] = answer;
            emit AnswerAdded(jobId, answer.contributor, contentHash, answer.digest, answer.fee);
        }
        if (count == 0) revert AlreadyAnswered(jobId, known);
        fresh = new Verified[](count);
        for (uint256 i = 0; i < count; ++i) {
            fresh[i] = found[i];
        }
    }

    function _isKnown(bytes32 jobId, address contributor, Verified[] memory fresh, uint256 count)
        private
        view
        returns (bool)
    {
        for (uint256 i = 0; i < count; ++i) {
            if (fresh[i].contributor == contributor) return true;
        }
        return _answered[jobId][contributor];
    }

    function _verify(
        bytes32 jobId,
        JobTerms calldata terms,
        bytes32 contentHash,
        bytes calldata packed
    ) private view returns (Verified memory answer) {
        (Receipt memory receipt, bytes memory contributorSignature, bytes memory gatewaySignature) =
            abi.decode(packed, (Receipt, bytes, bytes));
        Work memory work = receipt.work;
        bytes32 inputHash = _jobs[jobId].inputHash;
        if (work.jobId != jobId) revert ReceiptOfOtherJob(jobId, work.jobId);
        if (work.inputHash != inputHash) revert ReceiptOfOtherInput(inputHash, work.inputHash);
        if (work.status != WORK_COMPLETE) revert WorkIncomplete(work.status);
        (bool ok, bytes32 digest) = verifier.verify(receipt, contributorSignature, gatewaySignature);
        if (!ok || work.contentHash != contentHash || !_meets(receipt, terms)) {
            revert ReceiptRefused(jobId);
        }
        if (
            terms.minTiers & TIER_TEE_BOUND_KEY != 0
                && !tierEvidence.isAnyKeyBoundAt(work.contributor, work.finishedAt)
        ) revert KeyNotBound(work.contributor, work.finishedAt);
        return Verified(work.contributor, _feeOf(terms, work), work.gateway, digest);
    }

    function _openJob(bytes32 jobId) private view returns (Job storage job) {
        job = _jobs[jobId];
        if (job.state != STATE_OPEN) revert JobNotOpen(jobId, job.state);
    }

    function _meets(Receipt memory receipt, JobTerms calldata terms) private pure returns (bool) {
        // Without a contributor's signature there is nobody to pay.
        uint16 tiers =
            terms.minTiers & TIERS_CLAIMED | TIER_GATEWAY_SIGNED | TIER_CONTRIBUTOR_SIGNED;
        return receipt.work.modelId == terms.modelId && tiers & ~receipt.tiers == 0
            && (terms.gateway == address(0) || receipt.work.gateway == terms.gateway);
    }

    /// @dev By tokens under the asker's own prices, and never over its `maxFee`.
    function _feeOf(JobTerms calldata terms, Work memory work) private pure returns (uint96) {
        PriceSheet memory sheet;
        sheet.promptAtomicPerMtok = terms.promptAtomicPerMtok;
        sheet.completionAtomicPerMtok = terms.completionAtomicPerMtok;
        uint256 cost = sheet.costRoundedUp(work.promptTokens, 0, work.completionTokens);
        return SafeCastLib.toUint96(FixedPointMathLib.min(cost, terms.maxFee));
    }
}
