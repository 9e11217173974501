// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "solady/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IInferenceCoordinator} from "./interfaces/IInferenceCoordinator.sol";
import {IJobOffers} from "./interfaces/IJobOffers.sol";
import {IModelProofs} from "./interfaces/IModelProofs.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IReceiptVerifier} from "./interfaces/IReceiptVerifier.sol";
import {ITierEvidence} from "./interfaces/ITierEvidence.sol";
import {JobTerms} from "./types/JobTerms.sol";
import {TIER_TEE_BOUND_KEY, TIER_ZK_INFERRED} from "./types/Receipt.sol";

/// @title JobBook
/// @notice The first half of a job: what may be asked, who asked it, and the money that waits for its answer;
/// see `IInferenceCoordinator`.
abstract contract JobBook is IInferenceCoordinator, ReentrancyGuardTransient {
    using SafeTransferLib for address;

    /// @dev What a job is, before it is booked.
    struct Opening {
        bytes32 jobId;
        address consumer;
        bytes32 termsHash;
        bytes32 inputHash;
    }

    uint8 internal constant STATE_OPEN = 1;
    uint8 internal constant STATE_DELIVERED = 2;
    uint8 internal constant STATE_FAILED = 3;
    uint8 internal constant STATE_EXPIRED = 4;

    /// @dev Signed by gateway and contributor, committed, audited, TEE-bound key, ZK-inferred. A job is not
    /// metered by a proof and countersigned by nobody.
    uint16 private constant TIERS = 1 | 2 | 4 | 8 | TIER_TEE_BOUND_KEY | TIER_ZK_INFERRED;

    uint32 public constant MIN_DELIVERY_TIME = 1 minutes;
    uint32 public constant MAX_DELIVERY_TIME = 7 days;
    /// @dev A quarter of a common block: a delivery must always fit into one.
    uint32 public constant MAX_CALLBACK_GAS = 5_000_000;
    uint8 public constant MAX_ANSWERS = 16;
    /// @dev Bytes; the input is in the log of the request and in the calldata.
    uint256 public constant MAX_INPUT_LENGTH = 32_768;

    address public immutable asset;
    IReceiptVerifier public immutable verifier;
    IOperatorRegistry public immutable contributors;
    ITierEvidence public immutable tierEvidence;
    IJobOffers public immutable offers;
    /// @notice Tiers that somebody judges at this deployment.
    uint16 public immutable tiersAvailable;
    /// @dev What judges the proofs of `tierEvidence`; zero: nothing does.
    IModelProofs private immutable _models;

    mapping(address account => uint256) public balances;

    uint256 internal _nonce;
    mapping(bytes32 jobId => Job) internal _jobs;
    mapping(bytes32 jobId => bytes32) internal _termsHashes;

    constructor(
        address asset_,
        IReceiptVerifier verifier_,
        IOperatorRegistry contributors_,
        ITierEvidence tierEvidence_,
        IJobOffers offers_
    ) {
        asset = asset_;
        verifier = verifier_;
        contributors = contributors_;
        tierEvidence = tierEvidence_;
        offers = offers_;
        address models = address(tierEvidence_.proofVerifier());
        _models = IModelProofs(models);
        uint16 tiers = TIERS;
        if (models == address(0)) tiers &= ~TIER_ZK_INFERRED;
        if (address(tierEvidence_.quoteVerifier()) == address(0)) tiers &= ~TIER_TEE_BOUND_KEY;
        tiersAvailable = tiers;
    }

    /// @inheritdoc IInferenceCoordinator
    function request(JobTerms calldata terms, bytes calldata input)
        external
        nonReentrant
        returns (bytes32 jobId)
    {
        _requireLength(input.length);
        jobId = _request(terms, sha256(input), input);
    }

    /// @inheritdoc IInferenceCoordinator
    function requestPrivate(JobTerms calldata terms, bytes32 inputHash)
        external
        nonReentrant
        returns (bytes32 jobId)
    {
        jobId = _request(terms, inputHash, "");
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
    function isPayable(bytes32 jobId, JobTerms calldata terms, bytes32 inputHash)
        external
        view
        returns (bool)
    {
        Job storage job = _jobs[jobId];
        return job.state == STATE_OPEN && block.timestamp <= job.deadline
            && job.inputHash == inputHash && _termsHashes[jobId] == keccak256(abi.encode(terms));
    }

    /// @inheritdoc IInferenceCoordinator
    function jobs(bytes32 jobId) external view returns (Job memory) {
        return _jobs[jobId];
    }

    function _open(Opening memory opening, JobTerms calldata terms, bytes memory input) internal {
        uint64 deadline = uint64(block.timestamp) + terms.deliveryTime;
        Job storage job = _jobs[opening.jobId];
        job.consumer = opening.consumer;
        job.deadline = deadline;
        job.state = STATE_OPEN;
        job.inputHash = opening.inputHash;
        _termsHashes[opening.jobId] = opening.termsHash;
        emit JobRequested(
            opening.jobId,
            opening.consumer,
            terms.modelId,
            terms,
            deadline,
            opening.inputHash,
            input
        );
    }

    function _requireTerms(bytes32 id, JobTerms calldata terms) internal view {
        bytes32 termsHash = keccak256(abi.encode(terms));
        if (termsHash != _termsHashes[id]) revert TermsMismatch(_termsHashes[id], termsHash);
    }

    /// @dev Cheapest first; what others are asked for comes last.
    function _requireValid(JobTerms calldata terms) internal view {
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
        uint16 missing = terms.minTiers & ~tiersAvailable;
        if (missing != 0) revert TierUnavailable(missing);
        if (
            terms.minTiers & TIER_ZK_INFERRED != 0
                && _models.circuitOf(terms.modelId).verifier == address(0)
        ) revert TierUnavailable(TIER_ZK_INFERRED);
        if (terms.gateway != address(0)) offers.requireOffered(terms);
    }

    function _requireLength(uint256 length) internal pure {
        if (length > MAX_INPUT_LENGTH) revert InputTooLong(length, MAX_INPUT_LENGTH);
    }

    function _request(JobTerms calldata terms, bytes32 inputHash, bytes memory input)
        private
        returns (bytes32 jobId)
    {
        _requireValid(terms);
        bytes32 termsHash = keccak256(abi.encode(terms));
        jobId = keccak256(
            abi.encode(block.chainid, address(this), ++_nonce, msg.sender, termsHash, inputHash)
        );
        _open(Opening(jobId, msg.sender, termsHash, inputHash), terms, input);
        asset.safeTransferFrom(msg.sender, address(this), terms.escrow());
    }
}
