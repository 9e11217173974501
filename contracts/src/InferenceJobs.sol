// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {LibCall} from "solady/utils/LibCall.sol";
import {ReentrancyGuardTransient} from "solady/utils/ReentrancyGuardTransient.sol";
import {SafeCastLib} from "solady/utils/SafeCastLib.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IInferenceCallback} from "./interfaces/IInferenceCallback.sol";
import {IInferenceCoordinator} from "./interfaces/IInferenceCoordinator.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IReceiptVerifier} from "./interfaces/IReceiptVerifier.sol";
import {JobTerms} from "./types/JobTerms.sol";
import {Policy} from "./types/Policy.sol";
import {PriceSheet} from "./types/PriceSheet.sol";
import {Receipt, TIER_CONTRIBUTOR_SIGNED} from "./types/Receipt.sol";
import {Work} from "./types/Work.sol";

/// @title InferenceJobs
/// @notice The life of one job; see `IInferenceCoordinator`.
/// @dev Invariants, held by `InferenceCoordinator.invariants.t.sol`:
///
/// 1. Balance of the asset = Σ balances + Σ escrow of open jobs + Σ budgets of schedules.
/// 2. For each job: fees paid ≤ maxFee · agreement, and fees paid + refund = escrow.
/// 3. A job leaves `open` once, and a delivered job has a content hash that never changes.
abstract contract InferenceJobs is IInferenceCoordinator, ReentrancyGuardTransient {
    using SafeTransferLib for address;

    /// @dev One contributor's answer while agreement is still to come.
    struct Answer {
        address contributor;
        uint96 fee;
    }

    uint8 internal constant STATE_OPEN = 1;
    uint8 internal constant STATE_DELIVERED = 2;
    uint8 internal constant STATE_FAILED = 3;
    uint8 internal constant STATE_EXPIRED = 4;

    uint8 private constant WORK_COMPLETE = 0;

    uint32 public constant MIN_DELIVERY_TIME = 1 minutes;
    uint32 public constant MAX_DELIVERY_TIME = 7 days;
    /// @dev A quarter of a common block: a delivery must always fit into one.
    uint32 public constant MAX_CALLBACK_GAS = 5_000_000;
    uint8 public constant MAX_ANSWERS = 16;
    /// @dev Bytes; the input is in the log of the request and in the calldata.
    uint256 public constant MAX_INPUT_LENGTH = 32_768;
    /// @dev What `fulfill` itself still needs once the callback has returned.
    uint256 private constant GAS_AFTER_CALLBACK = 30_000;

    address public immutable asset;
    IReceiptVerifier public immutable verifier;
    IOperatorRegistry public immutable contributors;

    mapping(address account => uint256) public balances;

    uint256 internal _nonce;
    mapping(bytes32 jobId => Job) internal _jobs;
    mapping(bytes32 jobId => bytes32) internal _termsHashes;
    mapping(bytes32 jobId => mapping(address contributor => bool)) private _answered;
    mapping(bytes32 jobId => mapping(bytes32 contentHash => Answer[])) private _answers;

    constructor(address asset_, IReceiptVerifier verifier_, IOperatorRegistry contributors_) {
        asset = asset_;
        verifier = verifier_;
        contributors = contributors_;
    }

    /// @inheritdoc IInferenceCoordinator
    function request(JobTerms calldata terms, bytes calldata input)
        external
        nonReentrant
        returns (bytes32 jobId)
    {
        _requireValid(terms, input);
        jobId = _open(msg.sender, terms, input);
        asset.safeTransferFrom(msg.sender, address(this), _escrowOf(terms));
    }

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
        bytes calldata packed
    ) external {
        bool delivered = _addAnswer(jobId, terms, content, packed);
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
        balances[job.consumer] += _escrowOf(terms);
        emit JobExpired(jobId);
    }

    /// @inheritdoc IInferenceCoordinator
    function withdraw(address to) external nonReentrant {
        uint256 amount = balances[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        balances[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        asset.safeTransfer(to, amount);
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

    /// @inheritdoc IInferenceCoordinator
    function jobs(bytes32 jobId) external view returns (Job memory) {
        return _jobs[jobId];
    }

    function _open(address consumer, JobTerms calldata terms, bytes calldata input)
        internal
        returns (bytes32 jobId)
    {
        jobId = keccak256(abi.encode(block.chainid, address(this), ++_nonce));
        uint64 deadline = uint64(block.timestamp) + terms.deliveryTime;
        Job storage job = _jobs[jobId];
        job.consumer = consumer;
        job.deadline = deadline;
        job.state = STATE_OPEN;
        job.inputHash = sha256(input);
        _termsHashes[jobId] = keccak256(abi.encode(terms));
        emit JobRequested(jobId, consumer, terms.modelId, terms, deadline, input);
    }

    /// @dev Everything is booked when this returns, so that the callback can be let in.
    /// @return delivered Whether this answer made the job's agreement.
    function _addAnswer(
        bytes32 jobId,
        JobTerms calldata terms,
        bytes calldata content,
        bytes calldata packed
    ) private nonReentrant returns (bool delivered) {
        Job storage job = _openJob(jobId);
        if (block.timestamp > job.deadline) revert DeadlinePassed(job.deadline, block.timestamp);
        _requireTerms(jobId, terms);
        (Work memory work, bytes32 digest) = _verified(jobId, job.inputHash, terms, content, packed);
        if (_answered[jobId][work.contributor]) revert AlreadyAnswered(jobId, work.contributor);
        _answered[jobId][work.contributor] = true;

        uint96 fee = _feeOf(terms, work);
        Answer[] storage agreeing = _answers[jobId][work.contentHash];
        agreeing.push(Answer(work.contributor, fee));
        ++job.answers;
        emit AnswerAdded(jobId, work.contributor, work.contentHash, digest, fee);

        delivered = agreeing.length == terms.agreement;
        if (delivered) {
            job.state = STATE_DELIVERED;
            job.contentHash = work.contentHash;
            job.receiptDigest = digest;
            _pay(agreeing, job.consumer, _escrowOf(terms));
            emit JobDelivered(jobId, work.contentHash, content);
        } else if (job.answers == terms.answersMax) {
            job.state = STATE_FAILED;
            balances[job.consumer] += _escrowOf(terms);
            emit JobFailed(jobId);
        }
    }

    function _pay(Answer[] storage agreeing, address consumer, uint256 escrow) private {
        uint256 left = escrow;
        for (uint256 i = 0; i < agreeing.length; ++i) {
            Answer memory answer = agreeing[i];
            balances[answer.contributor] += answer.fee;
            left -= answer.fee;
        }
        balances[consumer] += left;
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

    function _verified(
        bytes32 jobId,
        bytes32 inputHash,
        JobTerms calldata terms,
        bytes calldata content,
        bytes calldata packed
    ) private view returns (Work memory work, bytes32 digest) {
        (Receipt memory receipt, bytes memory contributorSignature, bytes memory gatewaySignature) =
            abi.decode(packed, (Receipt, bytes, bytes));
        work = receipt.work;
        if (work.jobId != jobId) revert ReceiptOfOtherJob(jobId, work.jobId);
        if (work.inputHash != inputHash) revert ReceiptOfOtherInput(inputHash, work.inputHash);
        if (work.status != WORK_COMPLETE) revert WorkIncomplete(work.status);
        // Without a contributor's signature there is nobody to pay.
        Policy memory policy =
            Policy(terms.modelId, terms.minTiers | TIER_CONTRIBUTOR_SIGNED, 0, terms.gateway);
        if (!verifier.verifyContent(
                receipt, contributorSignature, gatewaySignature, content, policy
            )) revert ReceiptRefused(jobId);
        digest = verifier.digestOf(receipt);
    }

    function _openJob(bytes32 jobId) private view returns (Job storage job) {
        job = _jobs[jobId];
        if (job.state != STATE_OPEN) revert JobNotOpen(jobId, job.state);
    }

    function _requireTerms(bytes32 id, JobTerms calldata terms) internal view {
        bytes32 termsHash = keccak256(abi.encode(terms));
        if (termsHash != _termsHashes[id]) revert TermsMismatch(_termsHashes[id], termsHash);
    }

    function _requireValid(JobTerms calldata terms, bytes calldata input) internal pure {
        if (terms.maxFee == 0) revert MaxFeeIsZero();
        if (terms.deliveryTime < MIN_DELIVERY_TIME || terms.deliveryTime > MAX_DELIVERY_TIME) {
            revert DeliveryTimeOutOfRange(terms.deliveryTime, MIN_DELIVERY_TIME, MAX_DELIVERY_TIME);
        }
        if (terms.callbackGas > MAX_CALLBACK_GAS) {
            revert CallbackGasTooHigh(terms.callbackGas, MAX_CALLBACK_GAS);
        }
        if (
            terms.agreement == 0 || terms.agreement > terms.answersMax
                || terms.answersMax > MAX_ANSWERS
        ) revert AgreementOutOfRange(terms.agreement, terms.answersMax, MAX_ANSWERS);
        if (input.length > MAX_INPUT_LENGTH) revert InputTooLong(input.length, MAX_INPUT_LENGTH);
    }

    function _escrowOf(JobTerms calldata terms) internal pure returns (uint128) {
        return uint128(terms.maxFee) * terms.agreement;
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
