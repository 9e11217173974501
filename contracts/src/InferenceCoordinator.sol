// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LibCall} from "solady/utils/LibCall.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {InferenceJobs} from "./InferenceJobs.sol";
import {JobBook} from "./JobBook.sol";
import {IInferenceCoordinator} from "./interfaces/IInferenceCoordinator.sol";
import {IInferenceInput} from "./interfaces/IInferenceInput.sol";
import {IJobOffers} from "./interfaces/IJobOffers.sol";
import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";
import {IReceiptVerifier} from "./interfaces/IReceiptVerifier.sol";
import {ITierEvidence} from "./interfaces/ITierEvidence.sol";
import {JobTerms, Rhythm} from "./types/JobTerms.sol";

/// @title InferenceCoordinator
/// @notice Jobs (`JobBook`, `InferenceJobs`) and the schedules that open them; see `IInferenceCoordinator`.
contract InferenceCoordinator is InferenceJobs {
    using SafeTransferLib for address;

    uint32 public constant MIN_PERIOD = 1 minutes;
    /// @dev What a consumer gets to say its input, always: who pokes must not choose the answer by the gas
    /// that it sends, nor pay for what has no end.
    uint256 public constant INPUT_GAS = 1_000_000;
    /// @dev Bytes: `MAX_INPUT_LENGTH`, and the offset and the length before it.
    uint16 private constant MAX_INPUT_ANSWER = 32_832;

    mapping(bytes32 scheduleId => Schedule) private _schedules;

    constructor(
        address asset_,
        IReceiptVerifier verifier_,
        IOperatorRegistry contributors_,
        ITierEvidence tierEvidence_,
        IJobOffers offers_
    ) JobBook(asset_, verifier_, contributors_, tierEvidence_, offers_) {}

    /// @inheritdoc IInferenceCoordinator
    function schedule(
        JobTerms calldata terms,
        bytes calldata input,
        Rhythm calldata rhythm,
        uint128 budget
    ) external nonReentrant returns (bytes32 scheduleId) {
        _requireValid(terms);
        _requireLength(input.length);
        if (rhythm.period < MIN_PERIOD) revert PeriodTooShort(rhythm.period, MIN_PERIOD);
        if (rhythm.runsMax == 0) revert RunsMaxIsZero();
        if (budget < terms.escrow()) revert BudgetTooSmall(budget, terms.escrow());

        bytes32 termsHash = keccak256(abi.encode(terms));
        bytes32 inputHash = input.length == 0 ? bytes32(0) : sha256(input);
        // With all that its jobs ask: they are told apart by this id, the interval and the input alone.
        scheduleId = keccak256(
            abi.encode(
                block.chainid, address(this), "schedule", ++_nonce, msg.sender, termsHash, inputHash
            )
        );
        Schedule storage plan = _schedules[scheduleId];
        plan.consumer = msg.sender;
        plan.rhythm = rhythm;
        if (rhythm.startsAt < block.timestamp) plan.rhythm.startsAt = uint64(block.timestamp);
        plan.budget = budget;
        plan.inputHash = inputHash;
        _termsHashes[scheduleId] = termsHash;
        emit ScheduleCreated(scheduleId, msg.sender, terms, plan.rhythm, budget, input);
        asset.safeTransferFrom(msg.sender, address(this), budget);
    }

    /// @inheritdoc IInferenceCoordinator
    function poke(bytes32 scheduleId, JobTerms calldata terms, bytes calldata input)
        external
        nonReentrant
        returns (bytes32 jobId)
    {
        Schedule storage plan = _schedule(scheduleId);
        _requireTerms(scheduleId, terms);
        if (plan.runs == plan.rhythm.runsMax) revert ScheduleOver(scheduleId);
        uint128 escrow = terms.escrow();
        if (plan.budget < escrow) revert BudgetTooSmall(plan.budget, escrow);
        uint32 interval = _intervalOf(plan);
        if (interval <= plan.lastInterval) {
            uint256 dueAt =
                uint256(plan.rhythm.startsAt) + uint256(plan.lastInterval) * plan.rhythm.period;
            revert ScheduleNotDue(scheduleId, dueAt, block.timestamp);
        }

        plan.lastInterval = interval;
        ++plan.runs;
        plan.budget -= escrow;
        jobId = _run(scheduleId, interval, terms, input);
        emit ScheduleRun(scheduleId, interval, jobId);
    }

    /// @inheritdoc IInferenceCoordinator
    function cancelSchedule(bytes32 scheduleId) external nonReentrant {
        Schedule storage plan = _schedule(scheduleId);
        if (msg.sender != plan.consumer) revert SenderNotConsumer(msg.sender, plan.consumer);
        uint128 left = plan.budget;
        delete _schedules[scheduleId];
        balances[msg.sender] += left;
        emit ScheduleCancelled(scheduleId, left);
    }

    /// @inheritdoc IInferenceCoordinator
    function intervalOf(bytes32 scheduleId) external view returns (uint32) {
        return _intervalOf(_schedule(scheduleId));
    }

    /// @inheritdoc IInferenceCoordinator
    function schedules(bytes32 scheduleId) external view returns (Schedule memory) {
        return _schedules[scheduleId];
    }

    function _run(
        bytes32 scheduleId,
        uint32 interval,
        JobTerms calldata terms,
        bytes calldata given
    ) private returns (bytes32 jobId) {
        Schedule storage plan = _schedules[scheduleId];
        address consumer = plan.consumer;
        bytes32 expected = plan.inputHash;
        bytes memory input = given;
        if (expected == bytes32(0)) {
            if (given.length != 0) revert InputTooLong(given.length, 0);
            input = _inputOf(consumer, scheduleId, interval);
        }
        bytes32 inputHash = sha256(input);
        if (expected != bytes32(0) && inputHash != expected) {
            revert ContentMismatch(expected, inputHash);
        }
        jobId = keccak256(abi.encode(block.chainid, address(this), scheduleId, interval, inputHash));
        _open(Opening(jobId, consumer, _termsHashes[scheduleId], inputHash), terms, input);
    }

    /// @dev No more is copied than an input may be long, whatever the consumer returns.
    function _inputOf(address consumer, bytes32 scheduleId, uint32 interval)
        private
        view
        returns (bytes memory)
    {
        // EIP-150 keeps back a 64th.
        uint256 required = INPUT_GAS * 64 / 63 + 1;
        if (gasleft() < required) revert InputGasMissing(gasleft(), required);
        (bool success, bool isTooLong, bytes memory answer) = LibCall.tryStaticCall(
            consumer,
            INPUT_GAS,
            MAX_INPUT_ANSWER,
            abi.encodeCall(IInferenceInput.inferenceInput, (scheduleId, interval))
        );
        if (!success || isTooLong || answer.length < 64) {
            revert InputUnavailable(scheduleId, interval);
        }
        bytes memory input = abi.decode(answer, (bytes));
        if (input.length == 0) revert InputUnavailable(scheduleId, interval);
        return input;
    }

    /// @dev Intervals count from 1, like those of Infernet: the first begins at `startsAt`.
    function _intervalOf(Schedule storage plan) private view returns (uint32) {
        Rhythm memory rhythm = plan.rhythm;
        if (block.timestamp < rhythm.startsAt) return 0;
        return uint32((block.timestamp - rhythm.startsAt) / rhythm.period) + 1;
    }

    function _schedule(bytes32 scheduleId) private view returns (Schedule storage plan) {
        plan = _schedules[scheduleId];
        if (plan.consumer == address(0)) revert NoSchedule(scheduleId);
    }
}
